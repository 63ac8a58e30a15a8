import { ConfigError, type IAccessTokenCache, type TokenSource } from '@lingpai/core'
import { plainCache } from './plain-cache.js'
import { apiPath, hour, openWorld, second, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

test('a response that comes after that of a later request does not replace its token while the store cannot be written to', async () => {
  const { simulator, clock } = world
  const { cache } = plainCache()
  const set = (): never => {
    throw new ConfigError('store is read-only')
  }
  const source = world.source('wechatPlain', world.manager({ cache: { ...cache, set } }))
  simulator.fault({ endpoint: 'token', latencyMs: 5 * second })
  const slow = source.getAccessToken()
  await clock.advance(second)
  const { value } = await source.refresh()
  await clock.advance(5 * second)
  expect(await slow).toBe(value)
  expect(await source.getAccessToken()).toBe(value)
  expect(simulator.ledger.tokenRequests()).toBe(2)
})

test('a failed request is not repeated once another refresh has brought a token', async () => {
  const { simulator, clock } = world
  const source = world.source('wechatPlain', world.manager({ cache: plainCache().cache }))
  simulator.fault({ endpoint: 'token', status: 502, body: 'bad gateway' })
  const first = source.getAccessToken()
  await clock.settle()
  const { value } = await source.refresh()
  expect(await clock.runUntil(first)).toBe(value)
  expect(world.count('refresh-failed')).toBe(0)
  expect(simulator.ledger.tokenRequests()).toBe(2)
})

test('a rejected token does not replace the good one of an overlapping request', async () => {
  const { simulator, clock } = world
  const { cache, stored } = plainCache()
  let isAway = true
  const get: IAccessTokenCache['get'] = (key) => {
    if (isAway) throw new ConfigError('store is away')
    return cache.get(key)
  }
  const open = (own: Partial<IAccessTokenCache> = {}): TokenSource =>
    world.source('wechatPlain', world.manager({ cache: { ...cache, ...own } }))
  const [mine, other] = [open({ get }), open()]
  simulator.fault({ endpoint: 'token', latencyMs: 3 * second })
  const first = mine.getAccessToken()
  await clock.advance(second)
  const refused = await other.getAccessToken()
  const token = await clock.runUntil(first)
  simulator.fault({ endpoint: 'token', body: { errcode: 40125, errmsg: 'invalid appsecret' } })
  simulator.fault({ endpoint: apiPath.wechatPlain, body: { errcode: 40001, errmsg: 'invalid credential' } })
  await expect(clock.runUntil(other.reportRejected(refused, 40001))).rejects.toMatchObject({
    code: 'ERR_LINGPAI_PLATFORM',
  })
  expect([...stored.values()].some((text) => text.includes(refused))).toBe(true)
  isAway = false
  await clock.advance(10 * second)
  expect(await mine.getAccessToken()).toBe(token)
  expect(await open().getAccessToken()).toBe(token)
})

test('a store that goes back to a token of a host whose clock is behind is followed', async () => {
  const { simulator, clock } = world
  const { cache, stored } = plainCache()
  const source = world.source('wechatPlain', world.manager({ cache: { ...cache, reach: 'fleet' } }))
  const { value, issuedAtMs } = await source.getRecord()
  const [[key, text] = ['', '']] = [...stored]
  const write = async (token: string, generation: number, ms: number): Promise<void> => {
    const record = { access_token: token, generation, issuedAtMs: issuedAtMs + ms, expiresAtMs: issuedAtMs + 2 * hour }
    stored.set(key, JSON.stringify({ ...JSON.parse(text), ...record }))
    await clock.advance(61 * second)
    await source.getAccessToken()
    await clock.settle()
  }
  await write('of-a-clock-ahead', 2, 50 * second)
  expect(source.peek()).toBe('of-a-clock-ahead')
  await write(value, 3, 2 * second)
  expect(source.peek()).toBe(value)
  expect(simulator.ledger.tokenRequests()).toBe(1)
})
