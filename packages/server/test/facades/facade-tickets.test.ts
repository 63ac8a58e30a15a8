import { ConfigError } from '@lingpai/core'
import { appIds, openFacadeWorld, secrets, wechatTokenPath, wecomTokenPath, type FacadeWorld } from './facade-world.js'

let world: FacadeWorld
beforeEach(async () => {
  world = await openFacadeWorld()
})
afterEach(() => world.close())

const wechatTicket = (token: string, type = 'jsapi'): string =>
  `/cgi-bin/ticket/getticket?access_token=${token}&type=${type}`
const corpTicket = (token: string): string => `/cgi-bin/get_jsapi_ticket?access_token=${token}`
const agentTicket = (token: string): string => `/cgi-bin/ticket/get?access_token=${token}&type=agent_config`
const shopToken = async (): Promise<string> => (await world.get(wechatTokenPath(world.key(['shop'])))).access_token
const ticketRequests = (): number => world.simulator.ledger.entries.filter(({ path }) => /ticket/.test(path)).length

test("WeChat's tickets cost one upstream request each, for all clients of the server", async () => {
  const token = await shopToken()
  const jsapi = await Promise.all(Array.from({ length: 20 }, () => world.get(wechatTicket(token))))
  expect(jsapi[0]).toEqual({
    errcode: 0,
    errmsg: 'ok',
    ticket: expect.stringMatching(/^simt/) as string,
    expires_in: expect.any(Number) as number,
  })
  expect(new Set(jsapi.map(({ ticket }) => ticket)).size).toBe(1)
  expect(ticketRequests()).toBe(1)
  const card = await world.get(wechatTicket(token, 'wx_card'))
  expect(card).toMatchObject({ errcode: 0 })
  expect(card.ticket).not.toBe(jsapi[0]?.ticket)
  expect(ticketRequests()).toBe(2)
})

test('a ticket response contains the remaining lifetime', async () => {
  const token = await shopToken()
  const first = await world.get(wechatTicket(token))
  await world.clock.advance(100_000)
  const second = await world.get(wechatTicket(token))
  expect(second).toEqual({ ...first, expires_in: Number(first.expires_in) - 100 })
})

test('WeCom tickets of the corp and of the app are served', async () => {
  const { access_token: token } = await world.get(wecomTokenPath(world.key(['sales'])))
  const corp = await world.get(corpTicket(token))
  const agent = await world.get(agentTicket(token))
  expect([corp.errcode, agent.errcode]).toEqual([0, 0])
  expect(corp.ticket).not.toBe(agent.ticket)
})

test('an unknown token gives the error of the platform and causes no upstream request', async () => {
  await shopToken()
  const foreign = world.simulator.mint('wechat')
  world.simulator.ledger.reset()
  for (const token of ['nonsense', foreign, 'x'.repeat(600), '__proto__']) {
    expect(await world.get(wechatTicket(token))).toMatchObject({ errcode: 40001 })
    expect(await world.get(corpTicket(token))).toMatchObject({ errcode: 40014 })
    expect(await world.get(agentTicket(token))).toMatchObject({ errcode: 40014 })
  }
  expect(await world.get('/cgi-bin/ticket/getticket?type=jsapi')).toMatchObject({ errcode: 41001 })
  expect(world.simulator.ledger.summary()).toMatchObject({ tokenRequests: 0, apiRequests: 0 })
})

test('a token of one platform is not accepted by another', async () => {
  const bot = await world.post('/app/getAppAccessToken', { appId: appIds.qq, clientSecret: world.key('*') })
  expect(await world.get(wechatTicket(bot.access_token))).toMatchObject({ errcode: 40001 })
  expect(await world.get(corpTicket(await shopToken()))).toMatchObject({ errcode: 40014 })
})

test('a ticket that the server does not have gives an error that says so', async () => {
  const { access_token: token } = await world.get(wecomTokenPath(world.key(['support'])))
  expect(await world.get(corpTicket(token))).toEqual({
    errcode: 48002,
    errmsg: 'api forbidden, lingpai: this server has no ticket of this type for this account',
  })
  expect(await world.get(wechatTicket(await shopToken(), 'other'))).toMatchObject({ errcode: 48001 })
})

test('a rejected token gives the code of an expired one, so that the SDK gets another', async () => {
  const key = world.key(['shop'])
  const { access_token: old } = await world.get(wechatTokenPath(key))
  world.simulator.revoke('wechat')
  const { access_token: token } = await world.get(wechatTokenPath(key))
  expect(token).not.toBe(old)
  expect(await world.get(wechatTicket(old))).toEqual({ errcode: 42001, errmsg: 'access_token expired' })
  expect(await world.get(wechatTicket(token))).toMatchObject({ errcode: 0 })
})

test('a token that was renewed ahead is accepted until it expires', async () => {
  const key = world.key(['shop'])
  const { access_token: old } = await world.get(wechatTokenPath(key))
  await world.clock.advance(6_990_000)
  await world.get(wechatTokenPath(key))
  await world.clock.settle()
  const { access_token: token } = await world.get(wechatTokenPath(key))
  expect(token).not.toBe(old)
  expect(await world.clock.runUntil(world.get(wechatTicket(old)))).toMatchObject({ errcode: 0 })
  await world.clock.advance(300_000)
  expect(await world.get(wechatTicket(old))).toMatchObject({ errcode: 42001 })
})

test('a token of the native API is accepted, even after it was renewed', async () => {
  const headers = { authorization: `Bearer ${world.key(['shop'])}` }
  const native = async (): Promise<string> => {
    const response = await fetch(`${world.url}/v1/accounts/shop/token`, { headers })
    return ((await response.json()) as { readonly access_token: string }).access_token
  }
  const old = await native()
  expect(await world.get(wechatTicket(old))).toMatchObject({ errcode: 0 })
  await world.clock.advance(7_300_000)
  expect(await native()).not.toBe(old)
  expect(await world.get(wechatTicket(old))).toMatchObject({ errcode: 42001 })
})

test('a token that dies during a ticket request is reported, and the ticket comes with the next token', async () => {
  const token = await shopToken()
  world.simulator.revoke('wechat')
  world.simulator.ledger.reset()
  expect(await world.get(wechatTicket(token))).toMatchObject({ errcode: 0 })
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('an exhausted quota is reported to the client', async () => {
  const token = await shopToken()
  const body = { errcode: 45009, errmsg: 'reach max api daily quota limit' }
  world.simulator.fault({ endpoint: '/cgi-bin/ticket/getticket', body })
  expect(await world.get(wechatTicket(token))).toMatchObject({ errcode: 45009 })
})

test('a token of a removed account is not accepted', async () => {
  const token = await shopToken()
  world.accounts.replace(world.accounts.all().filter(({ name }) => name !== 'shop'))
  expect(await world.get(wechatTicket(token))).toMatchObject({ errcode: 40001 })
})

test('a token is not accepted for an account of the same name with other credentials', async () => {
  const token = await shopToken()
  const [bot, shop] = [world.accounts.get('bot'), world.accounts.get('shop')]
  if (bot === undefined || shop === undefined) throw new ConfigError('no such account')
  world.accounts.replace([{ ...shop, source: bot.source }])
  expect(await world.get(wechatTicket(token))).toMatchObject({ errcode: 40001 })
  world.accounts.replace([{ ...shop, name: 'renamed' }])
  expect(await world.get(wechatTicket(token))).toMatchObject({ errcode: 0 })
})

test('a token from before the start of the server is accepted', async () => {
  await world.close()
  world = await openFacadeWorld({ isWarm: true })
  const token = world.accounts.get('shop')?.source.peek() ?? ''
  expect(await world.get(wechatTicket(token))).toMatchObject({ errcode: 0 })
})

test('tickets and tokens do not appear in the log', async () => {
  const token = await shopToken()
  const { ticket = '' } = await world.get(wechatTicket(token))
  await world.get(wechatTicket(`${token}x`))
  for (const secret of [token, ticket, ...Object.values(secrets)]) expect(world.logged()).not.toContain(secret)
})

test('with the forwarder, a client key in place of the token gets the tickets of its account, and of no other', async () => {
  await world.close()
  world = await openFacadeWorld({ forward: true })
  expect(await world.get(wechatTicket(world.key(['shop'])))).toMatchObject({ errcode: 0, ticket: expect.any(String) })
  expect(await world.get(corpTicket(`${world.key('*')}@sales`))).toMatchObject({ errcode: 0 })
  expect(await world.get(wechatTicket(world.key(['bot'])))).toMatchObject({ errcode: 40001 })
  expect(await world.get(wechatTicket(`${world.key(['bot'])}@shop`))).toMatchObject({ errcode: 40001 })
  expect(await world.get(wechatTicket(`lpk_0000000000_${'A'.repeat(43)}`))).toMatchObject({ errcode: 40001 })
  expect(await world.get(wechatTicket(world.key(['shop'], { paths: ['/cgi-bin/message'] })))).toMatchObject({
    errcode: 48001,
  })
  expect(ticketRequests()).toBe(2)
})
