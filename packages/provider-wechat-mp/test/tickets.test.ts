import { createHash } from 'node:crypto'
import { TokenManager, type TokenSource } from '@lingpai/core'
import { cardTicket, jsapiConfig, jsapiTicket, wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'

const page = 'https://shop.example.com/goods?id=1'

let simulator: Simulator
let manager: TokenManager
let ticket: TokenSource
beforeEach(async () => {
  const entries = new Map<string, string>()
  simulator = await startSimulator()
  manager = new TokenManager({
    cache: {
      get: (key) => entries.get(key),
      set: (key, value) => void entries.set(key, value),
      remove: (key) => void entries.delete(key),
    },
  })
  ticket = manager.source(simulator.provider(jsapiTicket), simulator.accounts.wechat)
})
afterEach(async () => {
  await manager.close()
  await simulator.close()
})

test('a page gets what wx.config takes, signed with the ticket', async () => {
  const { appId, timestamp, nonceStr, signature, ...rest } = await jsapiConfig(ticket, `${page}#comments`)
  const signed = `jsapi_ticket=${await ticket.getAccessToken()}&noncestr=${nonceStr}&timestamp=${timestamp}&url=${page}`
  expect(signature).toBe(createHash('sha1').update(signed).digest('hex'))
  expect([appId, rest]).toEqual([simulator.accounts.wechat.appId, {}])
})

test('a hundred pages cost one ticket', async () => {
  await Promise.all(Array.from({ length: 100 }, (_, i) => jsapiConfig(ticket, `${page}&n=${i}`)))
  expect([simulator.ledger.tokenRequests(), simulator.ledger.ticketRequests()]).toEqual([1, 1])
})

test.each([wechatMp, cardTicket])('$kind signs no page', async (provider) => {
  const source = manager.source(simulator.provider(provider), simulator.accounts.wechat)
  await expect(jsapiConfig(source, page)).rejects.toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    details: { field: 'ticket', problem: 'conflict' },
  })
})

test('the two tickets are asked for by their type, with the token in the query, and kept apart', async () => {
  const card = manager.source(simulator.provider(cardTicket), simulator.accounts.wechat)
  expect(await card.getAccessToken()).not.toBe(await ticket.getAccessToken())
  expect(jsapiTicket.spec.request({ appId: 'wx1', appSecret: 's' })).toEqual({
    method: 'GET',
    url: '/cgi-bin/ticket/getticket',
    query: { type: 'jsapi' },
  })
  expect(simulator.ledger.tokenRequests()).toBe(1)
})

test('tickets have the credentials, the variables and the hosts of the token', () => {
  for (const { spec } of [jsapiTicket, cardTicket]) {
    expect(spec.parent).toBe(wechatMp)
    expect([spec.env, spec.account, spec.secrets]).toEqual([
      wechatMp.spec.env,
      wechatMp.spec.account,
      wechatMp.spec.secrets,
    ])
    expect([spec.baseUrl, spec.fallbackBaseUrls]).toEqual([wechatMp.spec.baseUrl, wechatMp.spec.fallbackBaseUrls])
    expect(spec.renewal.trustSeconds).toBe(3600)
  }
  expect(jsapiTicket.extend({ parent: wechatMpPlain }).spec.parent).toBe(wechatMpPlain)
  expect(jsapiTicket.extend({ baseUrl: 'https://proxy.example.com' }).spec.parent?.spec.baseUrl).toBe(
    'https://proxy.example.com',
  )
})
