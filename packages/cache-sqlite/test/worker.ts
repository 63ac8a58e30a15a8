import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { sqliteCache } from '@lingpai/cache-sqlite'
import { systemClock, TokenManager, type CacheLease, type Clock, type IAccessTokenCache } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'

/** The tasks of child processes: `worker.ts <task> <path of the database> <key> …`. */
const tasks: Record<string, (path: string, key: string, ...rest: string[]) => Promise<void>> = {
  count,
  hold,
  once,
  fleet,
}
const [task = '', path = '', key = '', ...rest] = process.argv.slice(2)
await tasks[task]?.(path, key, ...rest)

/** Counts up under the lease until `limit` stands; prints each number it committed, and `two holders` if that was seen. */
async function count(path: string, key: string, limit: string, holder: string): Promise<void> {
  const { cache, lease } = open(path)
  const marker = `${path}.critical-section`
  say('ready')
  waitForLine()
  for (;;) {
    const seen = await readNumber(cache, key)
    if (seen >= Number(limit)) return
    if (!(await lease.take(key, holder, 30_000))) continue
    enter(marker)
    const next = (await readNumber(cache, key)) + 1
    unlinkSync(marker)
    say(`${(await lease.commit(key, holder, whole(next))) ? 'committed' : 'denied'} ${String(next)}`)
  }
}

function enter(marker: string): void {
  try {
    closeSync(openSync(marker, 'wx'))
  } catch {
    say('two holders')
  }
}

/** Takes the lease, says so, and commits when told to. */
async function hold(path: string, key: string, ttlMs: string): Promise<void> {
  const { cache, lease } = open(path)
  say(`taken ${String(await lease.take(key, 'holder', Number(ttlMs)))}`)
  waitForLine()
  say(`committed ${String(await lease.commit(key, 'holder', 'from the holder'))}`)
  say(`value ${String(await cache.get(key))}`)
}

/** Runs one operation and prints its result; nothing else may keep the process alive or end it. */
async function once(path: string, key: string, operation: string): Promise<void> {
  const { cache } = open(path)
  try {
    if (operation === 'get') say(`got ${String(await cache.get(key))}`)
    if (operation === 'set') say(`set ${String(await cache.set(key, 'new'))}`)
  } catch (error) {
    say(`failed ${(error as { code: string }).code}`)
  }
}

/**
 * A process of a fleet: `call <n>` makes so many callers at once and says what they got, `skip <ms>` lets its time run on. The
 * token itself stays inside: whether it works is asked of the API.
 */
async function fleet(path: string, facts: string): Promise<void> {
  const { url = '', appId = '', appSecret = '' } = JSON.parse(facts) as Record<string, string>
  let skippedMs = 0
  const clock: Clock = {
    now: () => systemClock.now() + skippedMs,
    monotonic: () => systemClock.monotonic() + skippedMs,
    setTimer: systemClock.setTimer,
  }
  const manager = new TokenManager({ cache: sqliteCache({ path }), clock, timeoutMs: 20_000 })
  const source = manager.source(wechatMpPlain.extend({ baseUrl: `${url}/wechat` }), { appId, appSecret })
  for (const name of ['cache-failed', 'lease-lost'] as const) manager.on(name, () => say(name))
  say('ready')
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, argument] = line.split(' ')
    if (command === 'skip') {
      skippedMs += Number(argument)
      say('skipped')
    } else {
      const records = await Promise.all(Array.from({ length: Number(argument) }, async () => source.getRecord()))
      const reply = await source.fetch('/cgi-bin/getcallbackip')
      const works = 'ip_list' in ((await reply.json()) as object)
      const generations = new Set(records.map(({ generation }) => generation))
      say(`generation ${[...generations].join(' and ')}${works ? '' : ' is dead'}`)
    }
  }
}

function open(path: string): { cache: IAccessTokenCache; lease: CacheLease } {
  const cache = sqliteCache({ path })
  if (cache.lease === undefined) throw new TypeError('no lease')
  return { cache, lease: cache.lease }
}

async function readNumber(cache: IAccessTokenCache, key: string): Promise<number> {
  const value = await cache.get(key)
  if (value === undefined || value === null) return 0
  const number = Number(value.split(':')[0])
  if (whole(number) !== value) say(`half a value: ${value}`)
  return number
}

/** A value that shows whether all of it is there. */
function whole(number: number): string {
  const start = `${String(number)}:${'x'.repeat(number % 5000)}:`
  return start + createHash('sha256').update(start).digest('hex')
}

function say(line: string): void {
  writeSync(1, `${line}\n`)
}

function waitForLine(): void {
  readSync(0, Buffer.alloc(100))
}
