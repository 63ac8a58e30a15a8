import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileCache } from '@lingpai/cache-file'
import type { CacheLease, IAccessTokenCache } from '@lingpai/core'
import { nameOfKey } from '../src/state.js'
import { transact } from '../src/state-log.js'
import { commit } from '../src/transitions.js'

/** Tasks of child processes: `worker.ts <task> <directory> <key> …`. */
const tasks: Record<string, (directory: string, key: string, ...rest: string[]) => Promise<void>> = {
  count,
  write,
  hold,
  stall,
  unprivileged,
  setThrice,
  leaseTwice,
  race,
}
const [task = '', directory = '', key = '', ...rest] = process.argv.slice(2)
await tasks[task]?.(directory, key, ...rest)

/** Counts up under the lease until `limit` stands; prints each number it committed, and `two holders` if that was seen. */
async function count(directory: string, key: string, limit: string, holder: string): Promise<void> {
  const { cache, lease } = open(directory)
  const marker = join(directory, 'critical-section')
  say('ready')
  waitForLine()
  for (;;) {
    const seen = await readNumber(cache, key)
    if (seen >= Number(limit)) return
    if (!(await lease.take(key, holder, 30_000))) {
      // Losers leave the processor to the holder.
      await delay(Math.random() * 5)
      continue
    }
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

/** Counts up under a lease so short that it is lost again and again; prints each number and whether it was committed. */
async function race(directory: string, key: string): Promise<void> {
  const { cache, lease } = open(directory)
  const holder = String(process.pid)
  for (;;) {
    if (!(await lease.take(key, holder, 20))) continue
    const next = Number(await cache.get(key)) + 1
    say(`${(await lease.commit(key, holder, String(next))) ? 'committed' : 'denied'} ${String(next)}`)
  }
}

/** Writes ever higher numbers, in every way there is, and prints each once it is acknowledged. */
async function write(directory: string, key: string): Promise<void> {
  const { cache, lease } = open(directory)
  for (let next = (await readNumber(cache, key)) + 1; ; next++) {
    if (next % 2 === 0) {
      await cache.set(key, whole(next))
    } else {
      await lease.take(key, 'writer', 30_000)
      await lease.commit(key, 'writer', whole(next))
    }
    say(String(next))
  }
}

/** Takes the lease, says so, and commits when told to. */
async function hold(directory: string, key: string, ttlMs: string): Promise<void> {
  const { cache, lease } = open(directory)
  say(`taken ${String(await lease.take(key, 'holder', Number(ttlMs)))}`)
  waitForLine()
  say(`committed ${String(await lease.commit(key, 'holder', 'from the holder'))}`)
  say(`value ${String(await cache.get(key))}`)
}

/** Takes the lease and stands still inside of `commit`, between deciding and publishing, until told to go on. */
async function stall(directory: string, key: string): Promise<void> {
  const { lease } = open(directory)
  await lease.take(key, 'stalled', 1000)
  const attempt = commit('stalled', 'from the stalled one', undefined)
  let runs = 0
  const committed = await transact({ key, directory: join(directory, nameOfKey(key)), now: Date.now }, (state) => {
    const decision = attempt(state)
    if (++runs === 1) {
      say(decision.answer ? 'about to publish' : 'has no lease')
      waitForLine()
    }
    return decision
  })
  say(`committed ${String(committed)} after ${String(runs)}`)
}

/** Does one thing as a user without rights and prints the outcome: a value or the code of the error. */
async function unprivileged(directory: string, key: string, operation: string): Promise<void> {
  if (process.getuid?.() === 0) process.setuid?.(65_534)
  const { cache, lease } = open(directory)
  try {
    if (operation === 'get') say(`got ${String(await cache.get(key))}`)
    if (operation === 'set') say(`set ${String(await cache.set(key, 'new'))}`)
    if (operation === 'take') say(`took ${String(await lease.take(key, 'a', 1000))}`)
  } catch (error) {
    say((error as { code: string }).code)
  }
}

async function setThrice(directory: string, key: string): Promise<void> {
  const { cache } = open(directory)
  for (const value of ['one', 'two', 'three']) await cache.set(key, value)
}

/** Takes and releases the lease, before and after there is a value. */
async function leaseTwice(directory: string, key: string): Promise<void> {
  const { cache, lease } = open(directory)
  await lease.take(key, 'one', 1000)
  await lease.release(key, 'one')
  await cache.set(key, 'value')
  await lease.take(key, 'two', 1000)
  await cache.remove(key)
}

function open(directory: string): { cache: IAccessTokenCache; lease: CacheLease } {
  const cache = fileCache({ directory })
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
