import { writeSync } from 'node:fs'
import { redisCache } from '@lingpai/cache-redis'
import { TokenManager, type RenewalSpec, type TokenRecord } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'

/**
 * A process of a fleet on one Redis. Commands come as lines: `call <callers>` asks for the token so many times at once and uses it
 * once; `load <milliseconds>` goes on calling for that time; `end` leaves. What happens is printed as JSON lines, without tokens.
 */
interface Facts {
  readonly redisUrl: string
  readonly baseUrl: string
  readonly appId: string
  readonly appSecret: string
  readonly renewal: Partial<RenewalSpec>
}

const facts = JSON.parse(process.argv[2] ?? '{}') as Facts
const cache = redisCache({ url: facts.redisUrl })
const manager = new TokenManager({ cache, timeoutMs: 20_000 })
const provider = wechatMpPlain.extend({ baseUrl: facts.baseUrl, renewal: facts.renewal })
const source = manager.source(provider, { appId: facts.appId, appSecret: facts.appSecret })
const say = (line: object): void => {
  writeSync(1, `${JSON.stringify(line)}\n`)
}
for (const name of ['refreshed', 'adopted', 'lease-lost'] as const) {
  manager.on(name, (event) => {
    say({ event: name, generation: 'generation' in event ? event.generation : 0 })
  })
}
let cacheFailures = 0
manager.on('cache-failed', () => (cacheFailures += 1))
process.on('unhandledRejection', () => {
  say({ event: 'unhandled' })
})

async function call(callers: number): Promise<void> {
  const startedAt = performance.now()
  const outcomes = await Promise.allSettled(Array.from({ length: callers }, () => source.getRecord()))
  const waitedMs = performance.now() - startedAt
  const records = outcomes.flatMap((outcome): TokenRecord[] => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const reply = (await (await source.fetch('/cgi-bin/getcallbackip')).json()) as object
  say({
    event: 'done',
    failed: outcomes.length - records.length,
    generations: [...new Set(records.map(({ generation }) => generation))],
    works: 'ip_list' in reply,
    waitedMs,
    cacheFailures,
  })
}

async function load(forMs: number): Promise<void> {
  let failed = 0
  let calls = 0
  const endsAtMs = performance.now() + forMs
  while (performance.now() < endsAtMs) {
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => source.getAccessToken()))
    calls += outcomes.length
    failed += outcomes.filter(({ status }) => status === 'rejected').length
    await source.fetch('/cgi-bin/getcallbackip')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  say({ event: 'loaded', calls, failed })
}

say({ event: 'ready' })
for await (const chunk of process.stdin) {
  for (const line of String(chunk).trim().split('\n')) {
    const [command, number] = line.split(' ')
    if (command === 'call') await call(Number(number))
    if (command === 'load') await load(Number(number))
    if (command === 'end') process.stdin.destroy()
  }
}
await manager.close()
await cache.close()
