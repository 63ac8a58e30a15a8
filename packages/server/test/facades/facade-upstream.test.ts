import { ConfigError, type TokenSource } from '@lingpai/core'
import { appIds, openFacadeWorld, secrets, wechatTokenPath, wecomTokenPath, type FacadeWorld } from './facade-world.js'

let world: FacadeWorld
let key: string
beforeEach(async () => {
  world = await openFacadeWorld()
  key = world.key(['bot', 'shop', 'sales'])
})
afterEach(() => world.close())

test('the address that is missing on the white-list is passed on', async () => {
  world.simulator.change('wechat', { ipAllow: ['203.0.113.9'] })
  const answer = await world.get(wechatTokenPath(key))
  expect(answer.errcode).toBe(40164)
  expect(answer.errmsg).toMatch(/^invalid ip 127\.0\.0\.1 ipv6 ::ffff:127\.0\.0\.1, not in whitelist/)
})

test('a wrong secret of the server is told in the platform’s code', async () => {
  world.simulator.change('wechat', { secret: 'reset-by-the-owner' })
  expect(await world.get(wechatTokenPath(key))).toMatchObject({ errcode: 40125 })
})

test('a code that SDKs take for a dead token never comes where they fetch one', async () => {
  // The secret of another account: WeChat says 40001, which co-wechat-api answers with another fetch, without end.
  world.simulator.fault({ endpoint: 'token', body: { errcode: 40001, errmsg: 'invalid credential rid: 1-2-3' } })
  expect(await world.get(wechatTokenPath(key))).toMatchObject({ errcode: 40125 })
})

test('a quota that is used up, at WeCom and at QQ', async () => {
  world.simulator.fault({ platform: 'wecom', body: { errcode: 45009, errmsg: 'api freq out of limit' } })
  expect(await world.get(wecomTokenPath(key))).toMatchObject({ errcode: 45009 })
  world.simulator.fault({ platform: 'qq', body: { code: 100001, message: 'Too many requests' } })
  expect(await world.post('/app/getAppAccessToken', { appId: appIds.qq, clientSecret: key })).toMatchObject({
    code: 100001,
  })
})

test('a platform that cannot be reached is a platform that is busy', async () => {
  world.simulator.fault({ drop: 'before', times: 1000 })
  expect(await world.clock.runUntil(world.get(wechatTokenPath(key)))).toMatchObject({ errcode: -1 })
  expect(await world.clock.runUntil(world.get(wecomTokenPath(key)))).toMatchObject({ errcode: -1 })
  const qq = world.post('/app/getAppAccessToken', { appId: appIds.qq, clientSecret: key })
  expect(await world.clock.runUntil(qq)).toMatchObject({ code: 100002 })
})

test('while the platform is down, the token that lives is handed out', async () => {
  const first = await world.get(wechatTokenPath(key))
  world.simulator.fault({ drop: 'before', times: 1000 })
  await world.clock.advance(7_000_000)
  expect(await world.clock.runUntil(world.get(wechatTokenPath(key)))).toEqual({ ...first, expires_in: 200 })
})

test('a key that asks too often is slowed down in the platform’s words', async () => {
  const slow = world.key('*', { rateLimit: 1 })
  await world.get(wechatTokenPath(slow))
  await world.get(wechatTokenPath(slow))
  expect(await world.get(wechatTokenPath(slow))).toMatchObject({ errcode: 45011 })
  expect(await world.get(wecomTokenPath(slow))).toMatchObject({ errcode: 45009 })
  const qq = { appId: appIds.qq, clientSecret: slow }
  expect(await world.post('/app/getAppAccessToken', qq)).toMatchObject({ code: 100001 })
})

test('a fault of the server itself is a platform that is busy, and stands in the log', async () => {
  const shop = world.accounts.get('shop')
  if (shop === undefined) throw new ConfigError('no such account')
  const { source } = shop
  const broken: Partial<TokenSource> = {
    account: source.account,
    status: () => source.status(),
    getRecord: () => Promise.reject(new TypeError('a slip')),
  }
  world.accounts.replace([{ ...shop, source: broken as TokenSource }])
  const answer = await world.get(wechatTokenPath(key))
  expect(answer).toEqual({ errcode: -1, errmsg: 'system error, lingpai: the server failed' })
  expect(world.logged()).toContain('a slip')
  expect(world.logged()).not.toContain(key)
})

test('a secret is in no answer', async () => {
  world.simulator.change('wechat', { secret: 'reset-by-the-owner' })
  const texts = JSON.stringify([
    await world.get(wechatTokenPath(key)),
    await world.get(wechatTokenPath(`${key}@nobody`)),
    await world.get(wecomTokenPath(world.key('*'))),
  ])
  for (const secret of [key, ...Object.values(secrets)]) expect(texts).not.toContain(secret)
})
