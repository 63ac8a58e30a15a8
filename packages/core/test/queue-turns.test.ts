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
import { minute, second } from './world.js'

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
