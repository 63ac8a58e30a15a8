import { TokenManager, type TokenSource } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { qqBot } from '@lingpai/provider-qq-bot'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { chaosCache, testClock, type ChaosCache, type TestClock } from '@lingpai/testing'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { clientKeys, createClientKey, startTokenServer, type RunningTokenServer } from '@lingpai/server'

let clock: TestClock
let simulator: Simulator
let cache: ChaosCache
let manager: TokenManager
let server: RunningTokenServer
let bot: TokenSource
let shop: TokenSource

const keyFor = (accounts: '*' | readonly string[]) =>
  createClientKey({ name: 'prometheus', role: 'reader', accounts }, 0)
const scraper = keyFor('*')
const limited = keyFor(['bot'])

async function start(metrics?: boolean | 'public'): Promise<void> {
  clock = testClock()
  simulator = await startSimulator({ clock })
  cache = chaosCache(memoryCache({ clock }), { clock })
  manager = new TokenManager({ cache, clock, random: () => 0.5 })
  const providers = { bot: simulator.provider(qqBot), shop: simulator.provider(wechatMp) }
  bot = manager.source(providers.bot, simulator.accounts.qq)
  shop = manager.source(providers.shop, simulator.accounts.wechat)
  server = await startTokenServer({
    accounts: [
      { name: 'bot', provider: providers.bot, source: bot },
      { name: 'shop', provider: providers.shop, source: shop },
    ],
    manager,
    cache,
    keys: clientKeys([scraper.key, limited.key]),
    clock,
    isKeeping: false,
    ...(metrics !== undefined && { metrics }),
  })
}

afterEach(async () => {
  await server.close()
  await manager.close()
  await simulator.close()
})

function scrape(key?: string): Promise<Response> {
  return fetch(`${server.url}/metrics`, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } })
}

/** Parses a scrape into samples by name and labels, as Prometheus writes them. */
async function samples(): Promise<ReadonlyMap<string, number>> {
  const text = await (await scrape(scraper.text)).text()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}

const refreshes = (account: string, reason: string, outcome: string) =>
  `lingpai_token_refreshes_total{provider="${account === 'bot' ? 'qq-bot' : 'wechat-mp'}",account="${account}",reason="${reason}",outcome="${outcome}"}`

test('a scrape contains refreshes with their reasons and durations, and the remaining lifetimes', async () => {
  await start()
  expect((await samples()).get(refreshes('bot', 'cold', 'refreshed'))).toBe(0)
  await bot.getAccessToken()
  await shop.getAccessToken()
  await clock.advance(200_000)
  const found = await samples()
  expect(found.get(refreshes('bot', 'cold', 'refreshed'))).toBe(1)
  expect(found.get('lingpai_token_refresh_duration_seconds_count{provider="qq-bot",account="bot"}')).toBe(1)
  expect(found.get('lingpai_token_expiry_seconds{provider="wechat-mp",account="shop"}')).toBe(7000)
  expect(found.get('lingpai_account_usable{provider="wechat-mp",account="shop"}')).toBe(1)
  expect(found.get('lingpai_cache_up')).toBe(1)
  expect(found.get('lingpai_client_keys')).toBe(2)
  expect(found.get('process_resident_memory_bytes')).toBeGreaterThan(1e6)
})

test('a rejection is counted by its code, and the refresh that follows by its reason', async () => {
  await start()
  const token = await bot.getAccessToken()
  simulator.revoke(simulator.accounts.qq)
  await bot.reportRejected(token, 11244)
  const found = await samples()
  expect(found.get('lingpai_token_rejections_total{provider="qq-bot",account="bot",code="11244"}')).toBe(1)
  expect(found.get(refreshes('bot', 'rejected', 'refreshed'))).toBe(1)
})

test('a failing account shows its class and its cool-down, and is not usable', async () => {
  await start()
  simulator.fault({ platform: 'wechat', times: 9, body: { errcode: 40164, errmsg: 'invalid ip 1.2.3.4' } })
  await shop.getAccessToken().catch(() => undefined)
  const found = await samples()
  expect(found.get(refreshes('shop', 'cold', 'failed'))).toBe(1)
  expect(found.get('lingpai_account_failures{provider="wechat-mp",account="shop",class="ip-denied"}')).toBe(1)
  expect(found.get('lingpai_account_usable{provider="wechat-mp",account="shop"}')).toBe(0)
  const coolDown = found.get('lingpai_account_cooldown_seconds{provider="wechat-mp",account="shop"}')
  expect(coolDown).toBeGreaterThanOrEqual(300)
  expect(coolDown).toBeLessThanOrEqual(360)
  simulator.clearFaults()
  await shop.refresh()
  const after = await samples()
  expect([...after.keys()].filter((name) => name.startsWith('lingpai_account_failures'))).toEqual([])
  expect(after.get('lingpai_account_cooldown_seconds{provider="wechat-mp",account="shop"}')).toBe(0)
})

test('an old token that is served because a refresh failed is counted', async () => {
  await start()
  const { expiresAtMs } = await bot.getRecord()
  simulator.fault({ platform: 'qq', times: 99, status: 500 })
  await clock.advance(expiresAtMs - clock.now() - 4000)
  await clock.runUntil(bot.getAccessToken())
  expect((await samples()).get('lingpai_token_served_stale_total{provider="qq-bot",account="bot"}')).toBe(1)
})

test('a failing cache is down in the next scrape, and its failures are counted', async () => {
  await start()
  for (const operation of ['get', 'set', 'take', 'commit'] as const) cache.fail(operation)
  await bot.getAccessToken()
  const found = await samples()
  expect(found.get('lingpai_cache_up')).toBe(0)
  expect(found.get('lingpai_cache_failures_total{operation="get"}')).toBeGreaterThan(0)
})

test('metrics require a key with all accounts', async () => {
  await start()
  expect((await scrape()).status).toBe(401)
  expect((await scrape(limited.text)).status).toBe(403)
  const granted = await scrape(scraper.text)
  expect(granted.status).toBe(200)
  expect(granted.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(granted.headers.get('cache-control')).toBe('no-store')
})

test('metrics can be public or off', async () => {
  await start('public')
  expect((await scrape()).status).toBe(200)
  await server.close()
  await manager.close()
  await simulator.close()
  await start(false)
  expect((await scrape(scraper.text)).status).toBe(404)
})

test('a scrape contains no token and no secret', async () => {
  await start()
  const tokens = [await bot.getAccessToken(), await shop.getAccessToken()]
  const text = await (await scrape(scraper.text)).text()
  for (const secret of [
    ...tokens,
    simulator.accounts.qq.clientSecret,
    simulator.accounts.wechat.appSecret,
    scraper.text.slice(15),
    scraper.key.hash,
  ])
    expect(text).not.toContain(secret)
})

test('two servers in one process count separately', async () => {
  await start()
  const other = { manager, server, simulator }
  await bot.getAccessToken()
  await start()
  expect((await samples()).get(refreshes('bot', 'cold', 'refreshed'))).toBe(0)
  await other.server.close()
  await other.manager.close()
  await other.simulator.close()
})
