import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type TokenSource } from '@lingpai/core'
import { jsapiTicket, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { testClock, type TestClock } from '@lingpai/testing'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { minute, second } from './world.js'

const count = 120
const credentials = Array.from({ length: count }, (_, i) => ({
  appId: `wx${String(i).padStart(16, '0')}`,
  appSecret: `demo-secret-${String(i).padStart(20, '0')}`,
}))

let clock: TestClock
let simulator: Simulator
let managers: TokenManager[]
beforeEach(async () => {
  clock = testClock()
  simulator = await startSimulator({ clock, accounts: { wechat: credentials } })
  managers = []
})
afterEach(async () => {
  await Promise.all(managers.map((manager) => manager.close()))
  await simulator.close()
})

/** A manager, and what its requests show: how many were under way at once, and which account each was for. */
function manage(maxConcurrentRefreshes: number | undefined, timeoutMs = 10 * second) {
  let underWay = 0
  const seen = { mostAtOnce: 0, asked: [] as string[] }
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    seen.asked.push(new URL(url).searchParams.get('appid') ?? '')
    underWay += 1
    seen.mostAtOnce = Math.max(seen.mostAtOnce, underWay)
    try {
      return await globalThis.fetch(input, init)
    } finally {
      underWay -= 1
    }
  }
  const cache = memoryCache({ clock })
  const bound = maxConcurrentRefreshes === undefined ? {} : { maxConcurrentRefreshes }
  const manager = new TokenManager({ cache, clock, fetch, timeoutMs, random: () => 0, ...bound })
  managers.push(manager)
  return { manager, seen }
}

const sourcesIn = (manager: TokenManager): readonly TokenSource[] =>
  credentials.map((each) => manager.source(simulator.provider(wechatMpPlain), each))

test('no more accounts than maxConcurrentRefreshes are at the platform at once, and each gets its token', async () => {
  const { manager, seen } = manage(8)
  simulator.fault({ endpoint: 'token', latencyMs: 100, times: Infinity })
  const tokens = await clock.runUntil(Promise.all(sourcesIn(manager).map((source) => source.getAccessToken())))
  expect(new Set(tokens).size).toBe(count)
  expect(seen.mostAtOnce).toBe(8)
  expect(simulator.ledger.tokenRequests()).toBe(count)
})

test('the bound is 64 where none is set', async () => {
  const { manager, seen } = manage(undefined)
  simulator.fault({ endpoint: 'token', latencyMs: 100, times: Infinity })
  await clock.runUntil(Promise.all(sourcesIn(manager).map((source) => source.getAccessToken())))
  expect(seen.mostAtOnce).toBe(64)
})

test('callers come before refreshes ahead, and otherwise the account that has waited longest', async () => {
  const { manager, seen } = manage(1)
  const sources = sourcesIn(manager)
  const [first, ...others] = sources.slice(0, 10)
  for (const source of others.slice(0, 6)) await clock.runUntil(source.getAccessToken())
  // The tokens of six have to be refreshed ahead when the platform gets slow.
  await clock.advance(7200 * second - 5 * minute)
  simulator.fault({ endpoint: 'token', latencyMs: second, times: Infinity })
  seen.asked.length = 0
  const busy = first?.getAccessToken()
  await clock.settle()
  for (const source of others.slice(0, 6)) await source.getAccessToken()
  const cold = others.slice(6).map((source) => source.getAccessToken())
  await clock.runUntil(Promise.all([busy, ...cold]))
  await clock.advance(20 * second)
  const order = [first, ...others.slice(6), ...others.slice(0, 6)].map((source) => source?.account.ids['appId'])
  expect(seen.asked).toEqual(order)
})

test('a refresh ahead that a caller comes to wait for is a caller’s', async () => {
  const { manager, seen } = manage(1)
  const [first, early, late] = sourcesIn(manager)
  await clock.runUntil(Promise.all([early?.getAccessToken(), late?.getAccessToken()]))
  await clock.advance(7200 * second - 5 * minute)
  simulator.fault({ endpoint: 'token', latencyMs: 2 * second, times: Infinity })
  seen.asked.length = 0
  const busy = first?.getAccessToken()
  await clock.settle()
  await early?.getAccessToken()
  await late?.getAccessToken()
  const forced = late?.getAccessToken({ minLifeMs: 10 * minute })
  await clock.runUntil(Promise.all([busy, forced]))
  await clock.advance(10 * second)
  expect(seen.asked).toEqual([first, late, early].map((source) => source?.account.ids['appId']))
})

test('a caller whose turn does not come within timeoutMs gets an UnavailableError, and asks nothing', async () => {
  const { manager, seen } = manage(1, 3 * second)
  const [first, next, last] = sourcesIn(manager)
  const fault = simulator.fault({ endpoint: 'token', latencyMs: 60 * second, times: Infinity })
  const slow: (Promise<string> | undefined)[] = []
  for (const source of [first, next]) {
    slow.push(source?.getAccessToken().catch(() => 'timed out'))
    await clock.advance(second)
  }
  const waiting = Promise.all([last?.getAccessToken()])
  await expect(clock.runUntil(waiting)).rejects.toMatchObject({
    code: 'ERR_LINGPAI_UNAVAILABLE',
    retryable: true,
    details: { problem: 'queue-full', field: 'maxConcurrentRefreshes' },
  })
  expect(seen.asked).not.toContain(last?.account.ids['appId'])
  fault.clear()
  await clock.runUntil(Promise.all(slow))
  expect(await clock.runUntil(Promise.all([last?.getAccessToken()]))).toEqual([expect.any(String)])
})

test('a derived token whose parent waits for a turn does not wait for itself', async () => {
  const { manager } = manage(1)
  const [own] = credentials
  if (own === undefined) throw new TypeError('no account')
  const parent = manager.source(simulator.provider(wechatMpPlain), own)
  const other = manager.source(simulator.provider(wechatMpPlain), credentials[1] ?? own)
  const ticket = manager.source(simulator.provider(jsapiTicket.extend({ parent: wechatMpPlain })), own)
  simulator.fault({ endpoint: 'token', latencyMs: 100, times: Infinity })
  const calls = [other.getAccessToken(), ticket.getAccessToken(), parent.getAccessToken()]
  expect(await clock.runUntil(Promise.all(calls))).toHaveLength(3)
})

test('a source that is closed while it waits for its turn fails at once, and the next one has the turn', async () => {
  const { manager, seen } = manage(1)
  const [first, closed, last] = sourcesIn(manager)
  simulator.fault({ endpoint: 'token', latencyMs: second, times: Infinity })
  const busy = first?.getAccessToken()
  await clock.settle()
  const waiting = closed?.getAccessToken()
  const next = last?.getAccessToken()
  await clock.settle()
  if (closed !== undefined) manager.remove(closed)
  await expect(waiting).rejects.toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
  await clock.runUntil(Promise.all([busy, next]))
  expect(seen.asked).toEqual([first, last].map((source) => source?.account.ids['appId']))
})

test('a source that was closed before it joins the queue fails with the ClosedError', async () => {
  const cache = memoryCache({ clock })
  let other: TokenSource | undefined
  const manager = new TokenManager({
    cache: {
      ...cache,
      get: (key) => {
        if (other !== undefined && key.includes(other.account.ids['appId'] ?? '')) manager.remove(other)
        return cache.get(key)
      },
    },
    clock,
    maxConcurrentRefreshes: 1,
  })
  managers.push(manager)
  const [first, closed] = sourcesIn(manager)
  simulator.fault({ endpoint: 'token', latencyMs: second, times: 1 })
  const busy = first?.getAccessToken()
  await clock.settle()
  other = closed
  await expect(closed?.getAccessToken()).rejects.toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
  await clock.runUntil(Promise.all([busy]))
})

test.each([0, -1, 1.5, Number.NaN, Infinity])('maxConcurrentRefreshes %p is a ConfigError', (value) => {
  expect(() => manage(value)).toThrow(
    expect.objectContaining({
      code: 'ERR_LINGPAI_CONFIG',
      details: expect.objectContaining({ field: 'maxConcurrentRefreshes' }),
    }),
  )
})

test('all background refreshes and the watch of the clocks have one timer, and accounts that began together are renewed one after the other', async () => {
  const { manager, seen } = manage(undefined)
  const sources = sourcesIn(manager)
  for (const source of sources) source.startBackgroundRefresh()
  await clock.runUntil(Promise.all(sources.map((source) => source.getAccessToken())))
  await clock.advance(2 * second)
  expect(clock.pendingTimers).toBe(1)
  await clock.advance(18 * second)
  expect(clock.pendingTimers).toBe(1)
  seen.asked.length = 0
  let mostInSeconds = 0
  for (let at = 0; at < 7200 * second; at += 5 * second) {
    const before = seen.asked.length
    await clock.advance(5 * second)
    mostInSeconds = Math.max(mostInSeconds, seen.asked.length - before)
  }
  expect(seen.asked.length).toBe(count)
  // 100 seconds of jitter: about six in five seconds.
  expect(mostInSeconds).toBeLessThanOrEqual(20)
  for (const source of sources) source.stopBackgroundRefresh()
  expect(clock.pendingTimers).toBe(0)
}, 60_000)

test('a machine that slept for three hours renews all accounts within the bound', async () => {
  const { manager, seen } = manage(10)
  const sources = sourcesIn(manager)
  for (const source of sources) source.startBackgroundRefresh()
  await clock.runUntil(Promise.all(sources.map((source) => source.getAccessToken())))
  seen.mostAtOnce = 0
  clock.jumpWall(3 * 3600 * second)
  await clock.advance(2 * minute)
  expect(sources.every((source) => source.status().state === 'valid')).toBe(true)
  expect(seen.mostAtOnce).toBeLessThanOrEqual(10)
  expect(simulator.ledger.tokenRequests()).toBe(2 * count)
}, 60_000)
