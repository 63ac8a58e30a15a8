import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bridgeTnwx, importTnwxTokens } from '@lingpai/bridge-tnwx'
import { fileCache } from '@lingpai/cache-file'
import { TokenManager, type TokenSource } from '@lingpai/core'
import { feishu } from '@lingpai/provider-feishu'
import { jsapiTicket, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { corpTicket, wecom } from '@lingpai/provider-wecom'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import * as tnwx from 'tnwx'
import { silenceTnwx, startTnwx } from './tnwx-on-simulator.js'

const { AccessTokenApi, ApiConfigKit, JsApiType, JsTicketApi, QyAccessTokenApi, QyApiConfigKit } = tnwx

let simulator: Simulator
let directory: string
let tokens: TokenManager
silenceTnwx()
beforeEach(async () => {
  simulator = await startSimulator()
  directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
  tokens = openManager()
  startTnwx(simulator)
})
afterEach(async () => {
  await tokens.close()
  await simulator.close()
  await rm(directory, { recursive: true })
})

const openManager = (): TokenManager => new TokenManager({ cache: fileCache({ directory }) })
const appOf = (manager = tokens): TokenSource =>
  manager.source(simulator.provider(wechatMpPlain), simulator.accounts.wechat)
const ticketOf = (manager = tokens): TokenSource =>
  manager.source(simulator.provider(jsapiTicket), simulator.accounts.wechat)
const agentOf = (manager = tokens): TokenSource => manager.source(simulator.provider(wecom), simulator.accounts.wecom)
const requests = (): number => simulator.ledger.tokenRequests() + simulator.ledger.ticketRequests()

test('what TNW itself has stored is the first token and ticket, and nothing living is requested again', async () => {
  const token = (await AccessTokenApi.getAccessToken()).getAccessToken
  const ofAgent = (await QyAccessTokenApi.getAccessToken()).getAccessToken
  const ticket = (await JsTicketApi.getTicket(JsApiType.JSAPI)).getTicket
  const before = requests()

  const kinds = [
    ...(await importTnwxTokens(ApiConfigKit.getCache, [appOf(), ticketOf()])),
    ...(await importTnwxTokens(QyApiConfigKit.getCache, [agentOf()])),
  ].map(({ kind }) => kind)
  expect(kinds).toEqual(['adopted', 'adopted', 'adopted'])

  // Another process, with the bridge.
  const later = openManager()
  bridgeTnwx(tnwx, [appOf(later), ticketOf(later), agentOf(later)])
  expect((await AccessTokenApi.getAccessToken()).getAccessToken).toBe(token)
  expect((await QyAccessTokenApi.getAccessToken()).getAccessToken).toBe(ofAgent)
  expect((await JsTicketApi.getTicket(JsApiType.JSAPI)).getTicket).toBe(ticket)
  expect(requests()).toBe(before)
  await later.close()
})

test('a second import keeps the token that Lingpai has by then', async () => {
  await AccessTokenApi.getAccessToken()
  await importTnwxTokens(ApiConfigKit.getCache, [appOf()])
  const { value } = await appOf().refresh()
  const later = openManager()
  const [outcome] = await importTnwxTokens(ApiConfigKit.getCache, [appOf(later)])
  expect(outcome).toMatchObject({ kind: 'known' })
  expect(await appOf(later).getAccessToken()).toBe(value)
  await later.close()
})

const value = 'PLANTED-TOKEN-of-tnwx'
const hourMs = 3_600_000
const inAnHour = (): number => Date.now() + hourMs

test.each<[what: string, kind: string, stored: () => unknown]>([
  ['nothing', 'missing', () => undefined],
  ['the empty text of TNW’s own cache', 'missing', () => ''],
  ['a token that has expired', 'expired', () => JSON.stringify({ access_token: value, expired_time: Date.now() - 1 })],
  ['a truncated text', 'malformed', () => `{"access_token":"${value}`],
  ['a list', 'malformed', () => '[]'],
  ['null', 'malformed', () => 'null'],
  ['an error of the platform', 'malformed', () => '{"errcode":40013,"errmsg":"invalid appid"}'],
  [
    'a token beside an error',
    'malformed',
    () => JSON.stringify({ errcode: 40001, access_token: value, expired_time: inAnHour() }),
  ],
  ['a token without a time', 'malformed', () => JSON.stringify({ access_token: value, expired_time: null })],
  [
    'a token of a third-party platform',
    'malformed',
    () => JSON.stringify({ component_access_token: value, expired_time: inAnHour() }),
  ],
  ['a token of a life that no token has', 'failed', () => JSON.stringify({ access_token: value, expired_time: 8e15 })],
  [
    'a token with a line break',
    'failed',
    () => JSON.stringify({ access_token: `${value}\n`, expired_time: inAnHour() }),
  ],
])('%s is %s, and the token comes from the platform', async (_, kind, stored) => {
  const { appId } = simulator.accounts.wechat
  const store = new Map([[appId, stored()]])
  const [outcome] = await importTnwxTokens(store, [appOf()])
  expect(outcome).toMatchObject({ kind, source: appOf() })
  if (outcome?.kind === 'failed') expect(outcome.error).toMatchObject({ code: 'ERR_LINGPAI_CONFIG' })
  expect(store.size).toBe(1)
  expect(await appOf().getAccessToken()).not.toContain(value)
  expect(requests()).toBe(1)
})

test('a store that fails, and a token that is bad, concern no other source', async () => {
  const { wechat, wecom: ofWecom } = simulator.accounts
  const good = JSON.stringify({ access_token: value, expires_in: 7200, expired_time: inAnHour() })
  const store = {
    get: async (key: string) => {
      if (key === `${wechat.appId}:jsapi`) throw new Error('the store is down')
      return key === wechat.appId ? good : '{'
    },
  }
  const outcomes = await importTnwxTokens(store, [
    ticketOf(),
    agentOf(),
    appOf(),
    tokens.source(simulator.provider(corpTicket), ofWecom),
  ])
  expect(outcomes.map(({ kind }) => kind)).toEqual(['failed', 'malformed', 'adopted', 'malformed'])
  expect(await appOf().getAccessToken()).toBe(value)
})

test('a token that the platform has revoked since is healed at the first call', async () => {
  await AccessTokenApi.getAccessToken()
  await importTnwxTokens(ApiConfigKit.getCache, [appOf()])
  bridgeTnwx(tnwx, [appOf()])
  simulator.revoke('wechat')
  expect(await tnwx.CallbackApi.getCallbackIp()).toMatchObject({ ip_list: expect.any(Array) })
  expect(requests()).toBe(2)
})

test('a source of another platform is an error before anything is adopted', async () => {
  await AccessTokenApi.getAccessToken()
  const ofFeishu = tokens.source(simulator.provider(feishu), simulator.accounts.feishu)
  await expect(importTnwxTokens(ApiConfigKit.getCache, [appOf(), ofFeishu])).rejects.toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    details: { field: 'sources', problem: 'conflict' },
  })
  expect(appOf().status().state).toBe('none')
})
