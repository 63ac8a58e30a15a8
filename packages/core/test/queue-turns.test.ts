import { getEventListeners } from 'node:events'
import {
  TokenManager,
  type CacheChange,
  type IAccessTokenCache,
  type TokenManagerOptions,
  type TokenSource,
} from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { testClock, type TestClock } from '@lingpai/testing'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { plainCache } from './plain-cache.js'
import { hour, minute, second } from './world.js'

const credentials = Array.from({ length: 20 }, (_, i) => ({
  appId: `wx${String(i).padStart(16, '0')}`,
  appSecret: `demo-secret-${String(i).padStart(20, '0')}`,
}))

let clock: TestClock
let simulator: Simulator
let cache: IAccessTokenCache
let managers: TokenManager[]
beforeEach(async () => {
  clock = testClock()
  simulator = await startSimulator({ clock, accounts: { wechat: credentials } })
  cache = plainCache().cache
  managers = []
})
afterEach(async () => {
  Reflect.deleteProperty(globalThis, 'navigator')
  await Promise.all(managers.map((manager) => manager.close()))
  await simulator.close()
})

/** The sources of a manager that refreshes one account at a time. */
function sourcesWith(options: Partial<TokenManagerOptions> = {}): readonly TokenSource[] {
  const manager = new TokenManager({ cache, clock, random: () => 0, maxConcurrentRefreshes: 1, ...options })
  managers.push(manager)
  return credentials.map((each) => manager.source(simulator.provider(wechatMpPlain), each))
}

test('a caller comes before the accounts whose background refresh begins, and they get their tokens after it', async () => {
  const sources = sourcesWith()
  const [called, ...kept] = sources
  simulator.fault({ endpoint: 'token', latencyMs: second, times: Infinity })
  for (const source of kept) source.startBackgroundRefresh()
  await clock.settle()
  const token = called?.getAccessToken()
  await clock.advance(2 * second)
  await expect(token).resolves.toEqual(expect.any(String))
  await clock.advance(minute)
  expect(kept.every((source) => source.peek() !== undefined)).toBe(true)
  expect(simulator.ledger.tokenRequests()).toBe(credentials.length)
})

test('a caller that joins a background refresh comes before the others of them', async () => {
  const sources = sourcesWith()
  simulator.fault({ endpoint: 'token', latencyMs: second, times: Infinity })
  for (const source of sources) source.startBackgroundRefresh()
  await clock.settle()
  const token = sources.at(-1)?.getAccessToken()
  await clock.advance(2 * second)
  await expect(token).resolves.toEqual(expect.any(String))
})

/** The entries that two processes share, and the first one's cache, which hears of changes. */
function sharedCache() {
  const { cache: there, stored } = plainCache()
  const listeners = new Set<(change: CacheChange) => void>()
  const subscribe = (listener: (change: CacheChange) => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  const here: IAccessTokenCache = { ...there, reach: 'fleet', subscribe }
  const tell = (): void => {
    for (const key of stored.keys()) for (const listener of listeners) listener({ key })
  }
  return { here, there, tell }
}

test('a caller that waits for its turn gets the token that another process fetches meanwhile', async () => {
  const { here, there, tell } = sharedCache()
  const [busy, waiting] = sourcesWith({ cache: here })
  const [, other] = sourcesWith({ cache: there })
  simulator.fault({ endpoint: 'token', latencyMs: 8 * second, times: 1 })
  const slow = busy?.getAccessToken()
  await clock.settle()
  let token: string | undefined
  const waits = waiting?.getAccessToken().then((value) => (token = value))
  await clock.settle()
  const fetched = await clock.runUntil(Promise.all([other?.getAccessToken()]))
  tell()
  await clock.settle()
  expect([token === undefined, token === fetched[0]]).toEqual([false, true])
  await clock.runUntil(Promise.all([slow, waits]))
  expect(simulator.ledger.tokenRequests()).toBe(2)
})

test('a caller whose turn does not come gets the token that another process has fetched meanwhile', async () => {
  const { here, there } = sharedCache()
  const [busy, next, waiting] = sourcesWith({ cache: here, timeoutMs: 4 * second })
  const [, , other] = sourcesWith({ cache: there })
  const failed: unknown[] = []
  const noteFailure = (error: unknown): void => void failed.push(error)
  simulator.fault({ endpoint: 'token', latencyMs: 60 * second, times: 1 })
  const calls = [busy?.getAccessToken().catch(noteFailure)]
  await clock.advance(second)
  calls.push(next?.getAccessToken().catch(noteFailure))
  await clock.advance(second)
  const token = waiting?.getAccessToken()
  await clock.settle()
  const fetched = await clock.runUntil(Promise.all([other?.getAccessToken()]))
  simulator.fault({ endpoint: 'token', latencyMs: 60 * second, times: Infinity })
  const got = await clock.runUntil(Promise.all([token]))
  expect(got[0] === fetched[0]).toBe(true)
  await clock.runUntil(Promise.all(calls))
  expect(failed).toHaveLength(2)
})

test.each(['has no lease', 'does not respond at first'])(
  'a refresh that waited long for its turn looks again where the cache %s',
  async (trouble) => {
    const { here: plain, there } = sharedCache()
    let isDown = trouble !== 'has no lease'
    const here: IAccessTokenCache = {
      ...plain,
      get: (key) => (isDown ? Promise.reject(new TypeError('planned')) : plain.get(key)),
      ...(isDown && {
        lease: {
          take: () => true,
          commit: (key, _, value) => {
            plain.set(key, value)
            return true
          },
          release: () => undefined,
        },
      }),
    }
    const [busy, waiting] = sourcesWith({ cache: here })
    const [, other] = sourcesWith({ cache: there })
    simulator.fault({ endpoint: 'token', latencyMs: 8 * second, times: 1 })
    const slow = busy?.getAccessToken()
    await clock.settle()
    const token = waiting?.getAccessToken()
    await clock.settle()
    isDown = false
    const fetched = await clock.runUntil(Promise.all([other?.getAccessToken()]))
    const [, got] = await clock.runUntil(Promise.all([slow, token]))
    expect(got === fetched[0]).toBe(true)
    expect(simulator.ledger.tokenRequests()).toBe(2)
  },
)

test('where I/O ends with its request, refreshes of requests that have ended keep no turns', async () => {
  Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Cloudflare-Workers' }, configurable: true })
  let isEnded = true
  const fetch: typeof globalThis.fetch = async (input, init) =>
    isEnded ? new Promise(() => undefined) : globalThis.fetch(input, init)
  const [ended, next] = sourcesWith({ fetch })
  void ended?.getAccessToken().catch(() => undefined)
  await clock.settle()
  isEnded = false
  let token: string | undefined
  next?.getAccessToken().then(
    (value) => (token = value),
    () => undefined,
  )
  await clock.settle()
  expect(typeof token).toBe('string')
})

test('a caller that joins a refresh ahead in the queue waits no longer than timeoutMs for its turn', async () => {
  const [busy, next, waiting] = sourcesWith({ timeoutMs: 4 * second })
  await clock.runUntil(Promise.all([waiting?.getAccessToken()]))
  await clock.advance(2 * hour - 5 * minute)
  simulator.fault({ endpoint: 'token', latencyMs: minute, times: Infinity })
  const calls = [busy?.getAccessToken().catch(() => 'failed')]
  await clock.advance(second)
  calls.push(next?.getAccessToken().catch(() => 'failed'))
  // Joins the queue without a caller that waits.
  await waiting?.getAccessToken()
  await clock.settle()
  const startedMs = clock.monotonic()
  let endedMs = 0
  const forced = waiting?.getAccessToken({ minLifeMs: 10 * minute }).finally(() => (endedMs = clock.monotonic()))
  await clock.runUntil(Promise.allSettled([...calls, forced]))
  await expect(forced).rejects.toMatchObject({ details: { problem: 'queue-full' } })
  expect(endedMs - startedMs).toBe(4 * second)
})

test('a caller waits no longer than timeoutMs for its turns, however often another process holds the lease when one comes', async () => {
  const { here } = sharedCache()
  const timeoutMs = 10 * second
  let held = 'none'
  const lease: IAccessTokenCache['lease'] = {
    take: (key) => !key.includes(held),
    commit: (key, _, value) => {
      here.set(key, value)
      return true
    },
    release: () => undefined,
  }
  const [waiting, ...others] = sourcesWith({ cache: { ...here, lease }, timeoutMs })
  held = waiting?.account.ids['appId'] ?? ''
  simulator.fault({ endpoint: 'token', latencyMs: 4 * second, times: Infinity })
  let isOver = false
  const callAgain = async (sources: readonly TokenSource[]): Promise<void> => {
    for (let turn = 0; !isOver; turn += 1) await sources[turn % sources.length]?.refresh()
  }
  const callers = [others.slice(0, 6), others.slice(6, 12)].map((sources) => callAgain(sources).catch(() => undefined))
  await clock.settle()
  const beganMs = clock.monotonic()
  let waitedMs = 0
  const call = waiting?.getAccessToken().catch(() => (waitedMs = clock.monotonic() - beganMs))
  await clock.runUntil(Promise.all([call]))
  isOver = true
  // As long as a refresh may take comes on top.
  expect(waitedMs).toBeLessThanOrEqual(2 * timeoutMs)
  await clock.runUntil(Promise.all(callers))
})

test('callers that abort while their accounts wait for turns leave nothing behind, and each account gets its token in turn', async () => {
  const sources = sourcesWith()
  simulator.fault({ endpoint: 'token', latencyMs: 100, times: Infinity })
  const controller = new AbortController()
  const calls = sources.map((source) => source.getAccessToken({ signal: controller.signal }))
  await clock.settle()
  controller.abort(new RangeError('given up'))
  const outcomes = await Promise.allSettled(calls)
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  await clock.advance(minute)
  expect([simulator.ledger.tokenRequests(), clock.pendingTimers]).toEqual([sources.length, 0])
  expect(sources.every((source) => source.peek() !== undefined)).toBe(true)
})
