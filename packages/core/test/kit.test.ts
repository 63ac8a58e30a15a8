import { AccessTokenApi, ApiConfigKit, HttpKit, type HttpDelegate } from '@lingpai/core'
import { jest } from '@jest/globals'
import { memoryCache } from '@lingpai/cache-memory'
import { qqBot } from '@lingpai/provider-qq-bot'
import { wechatMp } from '@lingpai/provider-wechat-mp'
import { wecom } from '@lingpai/provider-wecom'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'

const first = { appId: 'wx0000000000000001', appSecret: 'PLANTED-SECRET-first-app' }
const second = { appId: 'wx0000000000000002', appSecret: 'PLANTED-SECRET-second-app' }
const bot = { appId: '102000001', clientSecret: 'PLANTED-SECRET-bot' }
const corp = { corpId: 'ww1', agentId: 1000002, corpSecret: 'PLANTED-SECRET-corp' }

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({
    accounts: {
      wechat: [first, second, { ...second, appId: bot.appId }],
      qq: [bot],
      wecom: [{ ...corp, agentId: '1000002' }],
    },
  })
  await ApiConfigKit.reset()
})
afterEach(async () => {
  await ApiConfigKit.reset()
  await simulator.close()
})

const platformOf = (token: string): string => token.split('_')[1] ?? ''

test('the kit gives tokens of the current app, as in the README', async () => {
  ApiConfigKit.setAccessTokenCache(memoryCache())
  ApiConfigKit.putApiConfig(simulator.provider(wechatMp), first)
  ApiConfigKit.putApiConfig(simulator.provider(qqBot), bot)
  ApiConfigKit.putApiConfig(simulator.provider(wecom), corp)
  expect(platformOf(await AccessTokenApi.getAccessToken())).toBe('wechat')
  expect(platformOf(await AccessTokenApi.getAccessToken(bot.appId))).toBe('qq')
  expect(platformOf(await ApiConfigKit.run('1000002', () => AccessTokenApi.getAccessToken()))).toBe('wecom')
  expect(platformOf(await AccessTokenApi.getAccessToken('ww1:1000002'))).toBe('wecom')
  expect(ApiConfigKit.getApiConfig().ids).toEqual({ appId: first.appId })
  expect(simulator.ledger.tokenRequests()).toBe(3)
})

test('the kit without a cache uses a Map of this process', async () => {
  ApiConfigKit.putApiConfig(simulator.provider(wechatMp), first)
  expect(await AccessTokenApi.getAccessToken()).toBe(await AccessTokenApi.getAccessToken())
  expect(simulator.ledger.tokenRequests()).toBe(1)
})

test('the current app belongs to its async context: two at once never mix', async () => {
  ApiConfigKit.putApiConfig(simulator.provider(wechatMp), first)
  ApiConfigKit.putApiConfig(simulator.provider(wechatMp), second)
  const [a, b] = [await AccessTokenApi.getAccessToken(first.appId), await AccessTokenApi.getAccessToken(second.appId)]
  expect(a).not.toBe(b)
  const request = async (appId: string): Promise<string> => {
    ApiConfigKit.setCurrentAppId(appId)
    await new Promise((resolve) => setImmediate(resolve))
    const token = await AccessTokenApi.getAccessToken()
    ApiConfigKit.removeCurrentAppId()
    expect(ApiConfigKit.getApiConfig().ids['appId']).toBe(first.appId)
    return token
  }
  const isolated = (appId: string): Promise<string> => ApiConfigKit.run(first.appId, () => request(appId))
  const tokens = await Promise.all(
    Array.from({ length: 100 }, (_, i) => isolated(i % 2 === 0 ? first.appId : second.appId)),
  )
  expect(tokens.every((token, i) => token === (i % 2 === 0 ? a : b))).toBe(true)
})

test('removing the default app makes the next one the default; removing the last makes calls a clear error', async () => {
  ApiConfigKit.putApiConfig(simulator.provider(wechatMp), first)
  ApiConfigKit.putApiConfig(simulator.provider(wechatMp), second)
  ApiConfigKit.removeApiConfig(first.appId)
  expect(ApiConfigKit.getApiConfig().ids).toEqual({ appId: second.appId })
  ApiConfigKit.removeApiConfig(second.appId)
  await expect(AccessTokenApi.getAccessToken()).rejects.toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    details: { problem: 'missing' },
    hint: expect.stringContaining('putApiConfig'),
  })
})

test('an id that two platforms share must be qualified', async () => {
  ApiConfigKit.putApiConfig(simulator.provider(wechatMp), { ...second, appId: bot.appId })
  ApiConfigKit.putApiConfig(simulator.provider(qqBot), bot)
  expect(() => ApiConfigKit.getApiConfigByAppId(bot.appId)).toThrow(
    expect.objectContaining({ details: { field: 'appId', problem: 'conflict' } }),
  )
  expect(platformOf(await AccessTokenApi.getAccessToken(`qq-bot:${bot.appId}`))).toBe('qq')
  expect(platformOf(await AccessTokenApi.getAccessToken(`wechat-mp:${bot.appId}`))).toBe('wechat')
  expect(() => ApiConfigKit.getApiConfigByAppId('unknown')).toThrow(
    expect.objectContaining({ details: { field: 'appId', problem: 'unknown' } }),
  )
})

test('the same app with a new secret replaces the old one', async () => {
  const provider = simulator.provider(wechatMp)
  const { source: old } = ApiConfigKit.putApiConfig(provider, { ...first, appSecret: 'PLANTED-SECRET-wrong' })
  await expect(old.getAccessToken()).rejects.toMatchObject({ details: { platformCode: 40125 } })
  ApiConfigKit.putApiConfig(provider, first)
  expect(typeof (await AccessTokenApi.getAccessToken())).toBe('string')
  await expect(old.getAccessToken()).rejects.toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
  expect(ApiConfigKit.putApiConfig(provider, first).source).toBe(ApiConfigKit.getApiConfig().source)
})

test('setAccessTokenCache keeps all apps', async () => {
  ApiConfigKit.putApiConfig(simulator.provider(wechatMp), first)
  await AccessTokenApi.getAccessToken()
  const keys: string[] = []
  const cache = memoryCache()
  ApiConfigKit.setAccessTokenCache({ ...cache, get: (key) => (keys.push(key), cache.get(key)) })
  await AccessTokenApi.getAccessToken()
  expect(keys.length).toBeGreaterThan(0)
  expect(() => {
    ApiConfigKit.setAccessTokenCache({} as never)
  }).toThrow(expect.objectContaining({ details: { field: 'cache', problem: 'malformed' } }))
})

test('refreshAccessToken forces a refresh, and rejects if the platform does', async () => {
  ApiConfigKit.putApiConfig(simulator.provider(wechatMp), first)
  await AccessTokenApi.getAccessToken()
  expect(await AccessTokenApi.refreshAccessToken()).toMatchObject({ generation: 1 })
  expect(simulator.ledger.tokenRequests()).toBe(2)
  simulator.fault({
    endpoint: 'token',
    body: { errcode: 40164, errmsg: 'invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: 1-2-3' },
  })
  await expect(AccessTokenApi.refreshAccessToken(first.appId)).rejects.toMatchObject({
    details: { errorClass: 'ip-denied', ip: '1.2.3.4' },
    hint: expect.stringContaining('1.2.3.4'),
  })
})

test('an HTTP delegate of TNW’s shape carries the requests', async () => {
  const urls: string[] = []
  const delegate: HttpDelegate = {
    httpGet: (url) => {
      urls.push(new URL(url).pathname)
      return fetch(url).then((reply) => reply.text())
    },
    httpPost: (url, data) => {
      urls.push(new URL(url).pathname)
      return fetch(url, { method: 'POST', body: data, headers: { 'content-type': 'application/json' } }).then((reply) =>
        reply.json(),
      )
    },
  }
  HttpKit.setHttpDelegate(delegate)
  expect(HttpKit.getHttpDelegate()).toBe(delegate)
  ApiConfigKit.putApiConfig(simulator.provider(wechatMp), first)
  ApiConfigKit.putApiConfig(simulator.provider(wecom), corp)
  await AccessTokenApi.getAccessToken()
  await AccessTokenApi.getAccessToken('1000002')
  expect(urls).toEqual(['/wechat/cgi-bin/stable_token', '/wecom/cgi-bin/gettoken'])
  HttpKit.setHttpDelegate(undefined)
  expect(() => {
    HttpKit.setHttpDelegate({} as never)
  }).toThrow(expect.objectContaining({ code: 'ERR_LINGPAI_CONFIG' }))
})

test('an HTTP delegate is not used for calls that it would change: own headers, other methods, other bodies', async () => {
  const refuse = (): Promise<never> => Promise.reject(new TypeError('not for a delegate'))
  const { source: qq } = ApiConfigKit.putApiConfig(simulator.provider(qqBot), bot)
  const { source: mp } = ApiConfigKit.putApiConfig(simulator.provider(wechatMp), first)
  await Promise.all([qq.getAccessToken(), mp.getAccessToken()])
  HttpKit.setHttpDelegate({ httpGet: refuse, httpPost: refuse })
  expect((await qq.fetch('/gateway')).status).toBe(200)
  const body = new Blob(['{}'])
  expect((await mp.fetch('/cgi-bin/message/custom/send', { method: 'POST', body })).status).toBe(200)
  expect((await mp.fetch('/cgi-bin/menu', { method: 'DELETE' })).status).toBe(200)
  await expect(mp.fetch('/cgi-bin/getcallbackip')).rejects.toThrow('not for a delegate')
})

test('two copies of the core share the kit', async () => {
  ApiConfigKit.putApiConfig(simulator.provider(wechatMp), first)
  jest.resetModules()
  const copy = await import('@lingpai/core')
  expect(copy.ApiConfigKit).not.toBe(ApiConfigKit)
  expect(await copy.AccessTokenApi.getAccessToken()).toBe(await AccessTokenApi.getAccessToken())
  expect(await copy.ApiConfigKit.run(first.appId, () => ApiConfigKit.getApiConfig())).toEqual(
    ApiConfigKit.getApiConfig(),
  )
  expect(simulator.ledger.tokenRequests()).toBe(1)
})

test('development mode logs events without secrets or tokens, and only while it is enabled', async () => {
  const lines: unknown[][] = []
  const spies = (['debug', 'info', 'warn', 'error'] as const).map((level) =>
    jest.spyOn(console, level).mockImplementation((...args: unknown[]) => void lines.push(args)),
  )
  ApiConfigKit.putApiConfig(simulator.provider(wechatMp), first)
  ApiConfigKit.setDevMode(true)
  const token = await AccessTokenApi.getAccessToken()
  ApiConfigKit.setDevMode(false)
  await AccessTokenApi.refreshAccessToken()
  for (const spy of spies) spy.mockRestore()
  expect(lines).toHaveLength(1)
  expect(String(lines[0]?.[0])).toContain('refreshed')
  expect(JSON.stringify(lines)).not.toContain(token)
  expect(JSON.stringify(lines)).not.toContain(first.appSecret)
})

test('ids with colons are two apps, and an id may be a number', async () => {
  const provider = simulator.provider(wecom)
  ApiConfigKit.putApiConfig(provider, { ...corp, corpId: 'a:b', agentId: 'c' })
  const { source: kept } = ApiConfigKit.putApiConfig(provider, { ...corp, corpId: 'a', agentId: 'b:c' })
  expect(ApiConfigKit.getApiConfig().source).not.toBe(kept)
  ApiConfigKit.putApiConfig(provider, corp)
  expect(typeof (await ApiConfigKit.run(1000002, () => AccessTokenApi.getAccessToken()))).toBe('string')
})
