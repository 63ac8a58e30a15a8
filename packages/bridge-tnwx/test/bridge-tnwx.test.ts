import { bridgeTnwx } from '@lingpai/bridge-tnwx'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type TokenSource } from '@lingpai/core'
import { cardTicket, jsapiTicket, wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { agentTicket, corpTicket, wecom } from '@lingpai/provider-wecom'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import * as tnwx from 'tnwx'
import { failuresOf, silenceTnwx, startTnwx } from './tnwx-on-simulator.js'

const { AccessTokenApi, CallbackApi, JsApiType, JsTicketApi, QyAccessTokenApi, QyJsApiType, QyJsTicketApi } = tnwx

let simulator: Simulator
let tokens: TokenManager
let app: TokenSource
let agent: TokenSource
silenceTnwx()
beforeEach(async () => {
  simulator = await startSimulator()
  tokens = new TokenManager({ cache: memoryCache() })
  app = tokens.source(simulator.provider(wechatMp), simulator.accounts.wechat)
  agent = tokens.source(simulator.provider(wecom), simulator.accounts.wecom)
  startTnwx(simulator)
})
afterEach(async () => {
  await tokens.close()
  await simulator.close()
})

const { tokenRequests, ticketRequests } = {
  tokenRequests: () => simulator.ledger.tokenRequests(),
  ticketRequests: () => simulator.ledger.ticketRequests(),
}

describe.each([
  ['WeChat', () => AccessTokenApi.getAccessToken(), () => simulator.accounts.wechat],
  ['WeCom', () => QyAccessTokenApi.getAccessToken(), () => simulator.accounts.wecom],
])('%s', (_, getToken, account) => {
  test('1,000 callers of a cold start make one token request; TNW alone makes one for each', async () => {
    const storm = (): Promise<tnwx.AccessToken[]> => Promise.all(Array.from({ length: 1000 }, getToken))
    await storm()
    const alone = tokenRequests()
    bridgeTnwx(tnwx, [app, agent])
    const shared = await storm()
    expect([alone, tokenRequests() - alone]).toEqual([1000, 1])
    expect(new Set(shared.map(({ getAccessToken }) => getAccessToken)).size).toBe(1)
    expect(shared[0]?.isAvailable()).toBe(true)
    expect(shared[0]?.getExpiresIn).toBeGreaterThan(7000)
    expect(simulator.ledger.tokenRequests(account())).toBe(alone + 1)
  })
})

describe.each([
  ['jsapi', () => JsTicketApi.getTicket(JsApiType.JSAPI)],
  ['wx_card', () => JsTicketApi.getTicket(JsApiType.WX_CARD)],
  ['corp', () => QyJsTicketApi.getTicket(QyJsApiType.CORP)],
  ['agent', () => QyJsTicketApi.getTicket(QyJsApiType.AGENT)],
])('the ticket %s', (_, getTicket) => {
  test('50 callers make one ticket request; TNW alone makes one for each, even once it has stored one', async () => {
    await getTicket()
    const storm = (): Promise<tnwx.JsTicket[]> => Promise.all(Array.from({ length: 50 }, getTicket))
    await storm()
    const alone = ticketRequests()
    const { wechat, wecom: ofWecom } = simulator.accounts
    bridgeTnwx(tnwx, [
      tokens.source(simulator.provider(jsapiTicket), wechat),
      tokens.source(simulator.provider(cardTicket), wechat),
      tokens.source(simulator.provider(corpTicket), ofWecom),
      tokens.source(simulator.provider(agentTicket), ofWecom),
    ])
    const shared = await storm()
    expect([alone, ticketRequests() - alone]).toEqual([51, 1])
    expect(new Set(shared.map((ticket) => ticket.getTicket)).size).toBe(1)
    expect(shared[0]?.isAvailable()).toBe(true)
  })
})

describe('a revoked token', () => {
  const call = (): Promise<unknown> => CallbackApi.getCallbackIp()

  test.each([
    ['stable_token', wechatMp],
    ['cgi-bin/token', wechatMpPlain],
  ])('%s: 50 callers succeed, with one token request', async (_, provider) => {
    bridgeTnwx(tnwx, [tokens.source(simulator.provider(provider), simulator.accounts.wechat)])
    await call()
    simulator.revoke('wechat')
    const before = tokenRequests()
    expect(await failuresOf(50, call)).toBe(0)
    expect(tokenRequests() - before).toBe(1)
  })

  test('TNW alone: 50 callers fail, and it requests no other token', async () => {
    await call()
    simulator.revoke('wechat')
    const before = tokenRequests()
    expect(await failuresOf(50, call)).toBe(50)
    expect(tokenRequests() - before).toBe(0)
  })

  test('a program that asks for another one itself, 50 times at once, causes one token request', async () => {
    bridgeTnwx(tnwx, [app])
    const before = (await AccessTokenApi.getAccessToken()).getAccessToken
    simulator.revoke('wechat')
    const refresh = (): Promise<tnwx.AccessToken> => AccessTokenApi.refreshAccessToken(tnwx.ApiConfigKit.getApiConfig)
    const others = await Promise.all(Array.from({ length: 50 }, refresh))
    expect(new Set(others.map(({ getAccessToken }) => getAccessToken)).size).toBe(1)
    expect(others[0]?.getAccessToken).not.toBe(before)
    expect(tokenRequests()).toBe(2)
  })
})

test('a program that asks for another token although its own lives gets the same one, in all processes', async () => {
  bridgeTnwx(tnwx, [app])
  const { getAccessToken } = await AccessTokenApi.getAccessToken()
  const again = await AccessTokenApi.refreshAccessToken(tnwx.ApiConfigKit.getApiConfig)
  expect(again.getAccessToken).toBe(getAccessToken)
  expect(await app.getAccessToken()).toBe(getAccessToken)
})

test('an error of the platform rejects the call of TNW, and no error is stored instead of a token', async () => {
  bridgeTnwx(tnwx, [app])
  simulator.fault({ endpoint: 'token', times: 9, body: { errcode: 40164, errmsg: 'invalid ip 203.0.113.9' } })
  await expect(AccessTokenApi.getAccessToken()).rejects.toMatchObject({
    code: 'ERR_LINGPAI_PLATFORM',
    details: { platformCode: 40164 },
  })
  simulator.clearFaults()
  await app.refresh()
  expect(await failuresOf(5, () => CallbackApi.getCallbackIp())).toBe(0)
})
