import { setTimeout as pause } from 'node:timers/promises'
import { redisCache } from '@lingpai/cache-redis'
import { TokenManager, type TokenSource } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { startRedis, withRealRedis, type TestRedis } from '../../testing/test/support/redis-server.js'
import { startProxy, type TcpProxy } from './tcp-proxy.js'

/** Of the cache, as the default; and what comes on top of it: upstream, and timers. */
const timeoutMs = 500
const slackMs = 400
/** Factor by which a busy machine may exceed the time measured a moment ago without an outage. */
const leniency = 10
/** Sharing must resume within this time after the recovery. */
const resumeMs = 10_000

let redis: TestRedis
let proxy: TcpProxy
let simulator: Simulator
let closers: (() => Promise<void>)[]
const unhandled: unknown[] = []
const onUnhandled = (reason: unknown): void => void unhandled.push(reason)
beforeEach(async () => {
  redis = await startRedis()
  proxy = await startProxy(redis.port)
  simulator = await startSimulator()
  closers = []
  process.on('unhandledRejection', onUnhandled)
})
afterEach(async () => {
  for (const close of closers) await close()
  await simulator.close()
  await proxy.close()
  await redis.close()
  process.off('unhandledRejection', onUnhandled)
  expect(unhandled.splice(0)).toEqual([])
})

/** A source as in another process: only Redis is shared. */
function anotherProcess(url = proxy.url): TokenSource {
  const cache = redisCache({ url })
  const manager = new TokenManager({ cache })
  closers.push(async () => {
    await manager.close()
    await cache.close()
  })
  return manager.source(simulator.provider(wechatMpPlain), simulator.accounts.wechat)
}

async function timed<T>(work: Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const startedAt = performance.now()
  const value = await work
  return { value, ms: performance.now() - startedAt }
}

/** The median wait of a warm caller, milliseconds. */
async function warmWaitMs(source: TokenSource): Promise<number> {
  const waits: number[] = []
  for (let call = 0; call < 51; call += 1) {
    waits.push((await timed(source.getAccessToken())).ms)
    await pause(2)
  }
  return waits.sort((a, b) => a - b)[25] ?? Infinity
}

interface Outage {
  readonly begin: () => Promise<void> | void
  readonly end: () => Promise<void> | void
  /** Upstream requests by the end: one of the warm process and one of the cold one, unless that could read. */
  readonly requests?: number
}

const outages: Readonly<Record<string, () => Outage>> = {
  'killed, and restarted empty': () => ({ begin: () => redis.kill(), end: () => redis.restart() }),
  'stopped (SIGSTOP), and going on': () => ({
    begin: async () => {
      await redis.send('FLUSHALL')
      redis.signal('SIGSTOP')
    },
    end: () => {
      redis.signal('SIGCONT')
    },
  }),
  'read-only and empty (replicaof)': () => ({
    begin: async () => {
      await redis.send('FLUSHALL')
      await redis.send('REPLICAOF', '127.0.0.1', '1')
    },
    end: async () => {
      await redis.send('REPLICAOF', 'NO', 'ONE')
    },
  }),
  'without enough replicas (min-replicas-to-write)': () => ({
    begin: async () => {
      await redis.send('FLUSHALL')
      await redis.send('CONFIG', 'SET', 'min-replicas-to-write', '1')
    },
    end: async () => {
      await redis.send('CONFIG', 'SET', 'min-replicas-to-write', '0')
    },
  }),
  'full (maxmemory)': () => ({
    begin: async () => {
      await redis.send('FLUSHALL')
      await redis.send('CONFIG', 'SET', 'maxmemory', '1')
    },
    end: async () => {
      await redis.send('CONFIG', 'SET', 'maxmemory', '0')
    },
  }),
  'behind five seconds of latency': () => ({
    begin: async () => {
      await redis.send('FLUSHALL')
      proxy.delay(5000)
    },
    end: () => {
      proxy.heal()
    },
  }),
  'behind a black hole': () => ({
    begin: async () => {
      await redis.send('FLUSHALL')
      proxy.swallow()
    },
    end: () => {
      proxy.heal()
    },
  }),
}

for (const [name, outage] of Object.entries(outages)) {
  withRealRedis(
    `Redis ${name}: outage: warm callers are unaffected, cold ones wait at most the cache timeout, sharing resumes`,
    async () => {
      const { begin, end } = outage()
      const warm = anotherProcess()
      const { value: token, ms: usualMs } = await timed(warm.getAccessToken())
      const mostWarmMs = 5 + leniency * (await warmWaitMs(warm))
      expect(simulator.ledger.tokenRequests()).toBe(1)
      await begin()
      expect(await warmWaitMs(warm)).toBeLessThan(mostWarmMs)
      expect(await warm.getAccessToken()).toBe(token)

      const cold = anotherProcess()
      const first = await timed(Promise.all(Array.from({ length: 50 }, () => cold.getAccessToken())))
      expect(first.ms).toBeLessThan(timeoutMs + slackMs + leniency * usualMs)
      expect(new Set(first.value).size).toBe(1)
      expect(await warmWaitMs(cold)).toBeLessThan(mostWarmMs)
      expect(await warmWaitMs(warm)).toBeLessThan(mostWarmMs)
      expect(simulator.ledger.tokenRequests()).toBe(2)

      await end()
      const endedAt = performance.now()
      while (((await redis.send('KEYS', 'lingpai:*}')) as unknown[]).length === 0) {
        expect(performance.now() - endedAt).toBeLessThan(resumeMs + leniency * usualMs)
        await pause(50)
      }
      expect(await anotherProcess().getAccessToken()).toBe(first.value[0])
      expect(simulator.ledger.tokenRequests()).toBe(2)
    },
    60_000,
  )
}

withRealRedis(
  'one request per process while Redis is down at the start, and sharing begins when it is up',
  async () => {
    const cache = redisCache({ url: proxy.url })
    const { ms: usualMs } = await timed(cache.get('nothing'))
    await cache.close()
    await redis.kill()
    const sources = [anotherProcess(), anotherProcess()]
    for (const source of sources) {
      const { ms } = await timed(source.getAccessToken())
      expect(ms).toBeLessThan(timeoutMs + slackMs + leniency * usualMs)
    }
    expect(simulator.ledger.tokenRequests()).toBe(2)
    await redis.restart()
    const startedAt = performance.now()
    while (((await redis.send('KEYS', 'lingpai:*}')) as unknown[]).length === 0) {
      expect(performance.now() - startedAt).toBeLessThan(resumeMs + leniency * usualMs)
      await pause(50)
    }
    await anotherProcess().getAccessToken()
    expect(simulator.ledger.tokenRequests()).toBe(2)
  },
  60_000,
)

withRealRedis('FLUSHALL: warm callers go on, cold ones make one request together', async () => {
  const warm = anotherProcess()
  await warm.getAccessToken()
  const mostWarmMs = 5 + leniency * (await warmWaitMs(warm))
  await redis.send('FLUSHALL')
  expect(await warmWaitMs(warm)).toBeLessThan(mostWarmMs)
  const cold = [anotherProcess(), anotherProcess(), anotherProcess()]
  const tokens = await Promise.all(cold.map((source) => source.getAccessToken()))
  expect(new Set(tokens).size).toBe(1)
  expect(simulator.ledger.tokenRequests()).toBe(2)
})

withRealRedis('a frozen Redis: each cache call ends within its time limit, later ones at once', async () => {
  const cache = redisCache({ url: redis.url, timeoutMs: 200 })
  await cache.set('a', 'one')
  const { ms: usualMs } = await timed(cache.get('a'))
  redis.signal('SIGSTOP')
  const first = await timed(cache.get('a').catch((error: unknown) => error))
  expect(first.value).toMatchObject({ name: 'RedisStoreError', code: 'ETIMEDOUT' })
  expect(first.ms).toBeGreaterThan(150)
  expect(first.ms).toBeLessThan(200 + slackMs + leniency * usualMs)
  const second = await timed(cache.get('a').catch((error: unknown) => error))
  expect(second.value).toMatchObject({ code: 'ETIMEDOUT' })
  expect(second.ms).toBeLessThan(50 + leniency * usualMs)
  redis.signal('SIGCONT')
  const startedAt = performance.now()
  while ((await cache.get('a').catch(() => undefined)) !== 'one') {
    expect(performance.now() - startedAt).toBeLessThan(resumeMs)
    await pause(10)
  }
  await cache.close()
})
