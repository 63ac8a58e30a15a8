import { ConfigError, type TokenSource } from '@lingpai/core'
import { appIds, openFacadeWorld, secrets, wechatTokenPath, wecomTokenPath, type FacadeWorld } from './facade-world.js'

let world: FacadeWorld
let key: string
beforeEach(async () => {
  world = await openFacadeWorld()
  key = world.key(['bot', 'shop', 'sales'])
})
afterEach(() => world.close())

test('an address that is missing from the allowlist gives the code and text of the platform', async () => {
  world.simulator.change('wechat', { ipAllow: ['203.0.113.9'] })
  const response = await world.get(wechatTokenPath(key))
  expect(response.errcode).toBe(40164)
  expect(response.errmsg).toMatch(/^invalid ip 127\.0\.0\.1 ipv6 ::ffff:127\.0\.0\.1, not in whitelist/)
})

test('a wrong secret of the server gives the code of the platform', async () => {
  world.simulator.change('wechat', { secret: 'reset-by-the-owner' })
  expect(await world.get(wechatTokenPath(key))).toMatchObject({ errcode: 40125 })
})

test('a code that SDKs take for a dead token is replaced in token responses', async () => {
  // With the secret of another account WeChat gives 40001, on which co-wechat-api would fetch again forever.
  world.simulator.fault({ endpoint: 'token', body: { errcode: 40001, errmsg: 'invalid credential rid: 1-2-3' } })
  expect(await world.get(wechatTokenPath(key))).toMatchObject({ errcode: 40125 })
})

test('an exhausted quota gives the codes of WeCom and QQ', async () => {
  world.simulator.fault({ platform: 'wecom', body: { errcode: 45009, errmsg: 'api freq out of limit' } })
  expect(await world.get(wecomTokenPath(key))).toMatchObject({ errcode: 45009 })
  world.simulator.fault({ platform: 'qq', body: { code: 100001, message: 'Too many requests' } })
  expect(await world.post('/app/getAppAccessToken', { appId: appIds.qq, clientSecret: key })).toMatchObject({
    code: 100001,
  })
})

test('an unreachable platform counts as busy', async () => {
  world.simulator.fault({ drop: 'before', times: 1000 })
  expect(await world.clock.runUntil(world.get(wechatTokenPath(key)))).toMatchObject({ errcode: -1 })
  expect(await world.clock.runUntil(world.get(wecomTokenPath(key)))).toMatchObject({ errcode: -1 })
  const qq = world.post('/app/getAppAccessToken', { appId: appIds.qq, clientSecret: key })
  expect(await world.clock.runUntil(qq)).toMatchObject({ code: 100002 })
})

test('while the platform is down, the living token is handed out', async () => {
  const first = await world.get(wechatTokenPath(key))
  world.simulator.fault({ drop: 'before', times: 1000 })
  await world.clock.advance(7_000_000)
  expect(await world.clock.runUntil(world.get(wechatTokenPath(key)))).toEqual({ ...first, expires_in: 200 })
})

test('a key above its rate limit gets the code of the platform', async () => {
  const slow = world.key('*', { rateLimit: 1 })
  await world.get(wechatTokenPath(slow))
  await world.get(wechatTokenPath(slow))
  expect(await world.get(wechatTokenPath(slow))).toMatchObject({ errcode: 45011 })
  expect(await world.get(wecomTokenPath(slow))).toMatchObject({ errcode: 45009 })
  const qq = { appId: appIds.qq, clientSecret: slow }
  expect(await world.post('/app/getAppAccessToken', qq)).toMatchObject({ code: 100001 })
})

test('an internal error counts as a busy platform and is logged', async () => {
  const shop = world.accounts.get('shop')
  if (shop === undefined) throw new ConfigError('no such account')
  const { source } = shop
  const broken: Partial<TokenSource> = {
    account: source.account,
    status: () => source.status(),
    getRecord: () => Promise.reject(new TypeError('a slip')),
  }
  world.accounts.replace([{ ...shop, source: broken as TokenSource }])
  const response = await world.get(wechatTokenPath(key))
  expect(response).toEqual({ errcode: -1, errmsg: 'system error, lingpai: internal error' })
  expect(world.logged()).toContain('a slip')
  expect(world.logged()).not.toContain(key)
})

test('secrets do not appear in responses', async () => {
  world.simulator.change('wechat', { secret: 'reset-by-the-owner' })
  const texts = JSON.stringify([
    await world.get(wechatTokenPath(key)),
    await world.get(wechatTokenPath(`${key}@unknown`)),
    await world.get(wecomTokenPath(world.key('*'))),
  ])
  for (const secret of [key, ...Object.values(secrets)]) expect(texts).not.toContain(secret)
})
