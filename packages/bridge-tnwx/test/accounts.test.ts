import { bridgeTnwx } from '@lingpai/bridge-tnwx'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'
import { feishu } from '@lingpai/provider-feishu'
import { jsapiTicket, wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { wecom } from '@lingpai/provider-wecom'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import * as tnwx from 'tnwx'
import { silenceTnwx, startTnwx, type WechatApp, type WecomApp } from './tnwx-on-simulator.js'

const { AccessTokenApi, ApiConfigKit, JsApiType, JsTicketApi, QyAccessTokenApi, QyApiConfigKit } = tnwx

const shops: readonly WechatApp[] = ['a', 'b'].map((name) => ({
  appId: `wxdec0de000000000${name}`,
  appSecret: `shop-${name}-not-real`,
}))
const agents: readonly WecomApp[] = ['1000002', '100_4'].map((agentId) => ({
  corpId: 'wwdec0de0000000001',
  agentId,
  corpSecret: `agent-${agentId}-not-real`,
}))

let simulator: Simulator
let tokens: TokenManager
silenceTnwx()
beforeEach(async () => {
  simulator = await startSimulator({ accounts: { wechat: shops, wecom: agents } })
  tokens = new TokenManager({ cache: memoryCache() })
  startTnwx(simulator, shops, agents)
})
afterEach(async () => {
  await tokens.close()
  await simulator.close()
})

const requestsOf = (app: WechatApp | WecomApp): number => simulator.ledger.tokenRequests({ ...app })
const wechatSources = () => shops.map((shop) => tokens.source(simulator.provider(wechatMp), shop))
const wecomSources = () => agents.map((agent) => tokens.source(simulator.provider(wecom), agent))

test('100 callers of two WeChat apps in turn get the token of their app, with one request for each', async () => {
  const sources = wechatSources()
  bridgeTnwx(tnwx, sources)
  const got = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      ApiConfigKit.setCurrentAppId(shops[index % 2]?.appId ?? '')
      return (await AccessTokenApi.getAccessToken()).getAccessToken
    }),
  )
  const own = await Promise.all(sources.map((source) => source.getAccessToken()))
  expect(got).toEqual(Array.from({ length: 100 }, (_, index) => own[index % 2]))
  expect(shops.map(requestsOf)).toEqual([1, 1])
})

test('tickets of two WeChat apps in turn are their own; TNW alone requests them with a token of the other app', async () => {
  const storm = () =>
    Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        ApiConfigKit.setCurrentAppId(shops[index % 2]?.appId ?? '')
        return (await JsTicketApi.getTicket(JsApiType.JSAPI)).getTicket
      }),
    )
  const alone = new Set(await storm())
  const sources = shops.map((shop) => tokens.source(simulator.provider(jsapiTicket), shop))
  bridgeTnwx(tnwx, sources)
  const got = await storm()
  const own = await Promise.all(sources.map((source) => source.getAccessToken()))
  expect(got).toEqual(Array.from({ length: 10 }, (_, index) => own[index % 2]))
  expect([alone.size, new Set(got).size]).toEqual([1, 2])
})

test('two apps of one corporation are told apart, also where the program asks for another token', async () => {
  const sources = wecomSources()
  bridgeTnwx(tnwx, sources)
  for (const [index, { agentId, corpId }] of agents.entries()) {
    const config = QyApiConfigKit.CFG_MAP.get(`${agentId}_${corpId}`) as tnwx.ApiConfig
    const { getAccessToken } = await QyAccessTokenApi.refreshAccessToken(config)
    expect(getAccessToken).toBe(await sources[index]?.getAccessToken())
  }
  expect(agents.map(requestsOf)).toEqual([1, 1])
  const unknown = new tnwx.ApiConfig('1000002', 'PLANTED-SECRET-other', '', false, '', agents[0]?.corpId)
  const error: unknown = await QyAccessTokenApi.refreshAccessToken(unknown).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field: 'sources', problem: 'conflict' } })
  expect(String(error)).not.toContain('PLANTED')
})

test('an app without a source works as before, in the cache that TNW had', async () => {
  const [first, second] = wechatSources()
  const stored = ApiConfigKit.getCache
  const bridge = bridgeTnwx(tnwx, [first!])
  const [shop, other] = shops
  ApiConfigKit.setCurrentAppId(other?.appId)
  const { getAccessToken } = await AccessTokenApi.getAccessToken()
  expect(await stored.get(other!.appId)).toContain(getAccessToken)
  expect(await stored.get(shop!.appId)).toBe('')
  await ApiConfigKit.getCache.set('of the program', '{}')
  expect(await ApiConfigKit.getCache.get('of the program')).toBe('{}')
  await ApiConfigKit.getCache.remove('of the program')
  expect(await stored.get('of the program')).toBe('')
  bridge.add(second!)
  expect((await AccessTokenApi.getAccessToken()).getAccessToken).toBe(await second!.getAccessToken())
})

test('what TNW writes or removes of a bridged app changes nothing', async () => {
  const [source] = wechatSources()
  bridgeTnwx(tnwx, [source!])
  const { appId } = shops[0]!
  await ApiConfigKit.getCache.set(appId, '{"access_token":"PLANTED-TOKEN-of-others","expired_time":8e12}')
  await ApiConfigKit.getCache.remove(appId)
  expect((await AccessTokenApi.getAccessToken()).getAccessToken).toBe(await source!.getAccessToken())
  expect(requestsOf(shops[0]!)).toBe(1)
})

test.each<[string, unknown]>([
  ['a name', ['x']],
  ['nothing', undefined],
  ['one source without a list', { getRecord: () => undefined }],
  ['null in the list', [null]],
])('%s in place of the sources is a ConfigError that says what to give', (_, sources) => {
  expect(() => bridgeTnwx(tnwx, sources as never)).toThrow(
    expect.objectContaining({
      code: 'ERR_LINGPAI_CONFIG',
      message: 'bridgeTnwx: "sources" must be a list of sources: [tokens.source(wechatMp, app)]',
      details: { field: 'sources', problem: 'malformed' },
    }),
  )
})

test('a source of another platform, and a second one of an app, are errors', () => {
  const ofFeishu = tokens.source(simulator.provider(feishu), simulator.accounts.feishu)
  const plain = tokens.source(simulator.provider(wechatMpPlain), shops[0]!)
  const { add } = bridgeTnwx(tnwx, wechatSources())
  const expected = { code: 'ERR_LINGPAI_CONFIG', details: { field: 'sources', problem: 'conflict' } }
  for (const source of [ofFeishu, plain]) expect(() => add(source)).toThrow(expect.objectContaining(expected))
})
