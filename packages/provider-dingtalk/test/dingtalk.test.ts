import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'
import {
  dingtalk,
  dingtalkCorp,
  dingtalkOld,
  dingtalkSuite,
  dingtalkUnified,
  jsapiTicket,
  suiteTickets,
} from '@lingpai/provider-dingtalk'

const suite = { suiteKey: 'suite1', suiteSecret: 's', suiteTicket: 't' }
const newApi = 'https://api.dingtalk.com'
const oldApi = 'https://oapi.dingtalk.com'

test('each token is requested as its page describes', () => {
  const app = { appKey: 'ding1', appSecret: 's' }
  expect(dingtalk.spec.request(app)).toEqual({ method: 'POST', url: '/v1.0/oauth2/accessToken', json: app })
  expect(dingtalkOld.spec.request(app)).toEqual({
    method: 'GET',
    url: '/gettoken',
    query: { appkey: 'ding1', appsecret: 's' },
  })
  expect(dingtalkUnified.spec.request({ corpId: 'corp/1', clientId: 'ding1', clientSecret: 's' })).toEqual({
    method: 'POST',
    url: '/v1.0/oauth2/corp%2F1/token',
    json: { client_id: 'ding1', client_secret: 's', grant_type: 'client_credentials' },
  })
  expect(dingtalkCorp.spec.request({ ...suite, authCorpId: 'corp1' })).toEqual({
    method: 'POST',
    url: '/v1.0/oauth2/corpAccessToken',
    json: { ...suite, authCorpId: 'corp1' },
  })
  expect(dingtalkSuite.spec.request(suite)).toEqual({
    method: 'POST',
    url: '/v1.0/oauth2/suiteAccessToken',
    json: suite,
  })
  expect(jsapiTicket.spec.request(app)).toEqual({ method: 'POST', url: '/v1.0/oauth2/jsapiTickets' })
})

test.each([
  [dingtalk, newApi],
  [dingtalkOld, oldApi],
])('%# the token goes into the header of one host and the query of the other', async (provider, ownHost) => {
  const seen: [url: string, header: string | null][] = []
  const manager = new TokenManager({
    cache: memoryCache(),
    fetch: async (input, init) => {
      const request = new Request(input, init)
      seen.push([request.url, request.headers.get('x-acs-dingtalk-access-token')])
      const token = { accessToken: 'D1', expireIn: 7200, access_token: 'D1', expires_in: 7200 }
      return Response.json(seen.length === 1 ? token : {})
    },
  })
  const source = manager.source(provider, { appKey: 'ding1', appSecret: 's' })
  for (const host of [newApi, oldApi]) await source.fetch(`${host}/call`)
  await source.fetch('/call')
  const [atNewApi, atOldApi] = [
    [`${newApi}/call`, 'D1'],
    [`${oldApi}/call?access_token=D1`, null],
  ]
  expect(seen.slice(1)).toEqual([atNewApi, atOldApi, ownHost === newApi ? atNewApi : atOldApi])
  await manager.close()
})

test('a wrong CorpId, which gets HTTP 500, is asked for once and named in the hint', async () => {
  let requests = 0
  const manager = new TokenManager({
    cache: memoryCache(),
    fetch: async () => {
      requests += 1
      return Response.json({ requestid: 'R1', code: 'unknownError', message: '未知错误' }, { status: 500 })
    },
  })
  const source = manager.source(dingtalkUnified, { corpId: 'corp1', clientId: 'ding1', clientSecret: 's' })
  await expect(source.getAccessToken()).rejects.toMatchObject({
    code: 'ERR_LINGPAI_PLATFORM',
    retryable: true,
    hint: expect.stringContaining('Check the CorpId') as string,
    details: { platformCode: 'unknownError', errorClass: 'transient' },
  })
  expect(requests).toBe(1)
  await manager.close()
})

test.each([200, 403, 503])('HTML instead of a token, HTTP %d, is a retryable error', async (status) => {
  const manager = new TokenManager({
    cache: memoryCache(),
    timeoutMs: 1000,
    fetch: async () => new Response('<html><body>blocked</body></html>', { status }),
  })
  const error: unknown = await manager
    .source(dingtalk, { appKey: 'ding1', appSecret: 's' })
    .getAccessToken()
    .catch((reason: unknown) => reason)
  expect(error).toMatchObject({ retryable: true, message: expect.stringContaining(`HTTP ${status}`) as string })
  await manager.close()
})

test('a token request that brings the same token again extends its life, and an ISV’s brings another', () => {
  for (const { spec } of [dingtalk, dingtalkOld, dingtalkUnified]) expect(spec.renewal.mode).toBe('extend')
  for (const { spec } of [dingtalkCorp, dingtalkSuite])
    expect(spec.renewal).toMatchObject({ mode: 'rotate', overlapSeconds: 0 })
})

test('only a dead token triggers a refresh, and a call without its header does not', () => {
  const { token, api } = dingtalk.spec.errors
  expect([api['token-invalid'], api['token-expired']]).toEqual([['InvalidAuthentication', 40014, 40001], [42001]])
  expect([token['token-invalid'], token['token-expired']]).toEqual([undefined, undefined])
})

test('every code has a note for the docs, in both languages', () => {
  const codes = Object.values(dingtalk.spec.errors).flatMap((table) => Object.values(table).flat())
  for (const code of codes)
    expect(dingtalk.spec.perCode?.[String(code)]?.note).toMatchObject({
      en: expect.stringMatching(/\w/) as string,
      zh: expect.stringMatching(/\p{Script=Han}/u) as string,
    })
})

test('no environment variable pairs the id of one kind of app with the secret of another', () => {
  const mixed = { DINGTALK_APP_KEY: 'a', DINGTALK_CLIENT_SECRET: 's', DINGTALK_CLIENT_ID: 'c', DINGTALK_APPSECRET: 's' }
  expect(dingtalk.credentialsFromEnv(mixed)).toEqual({ appKey: 'a', appSecret: 's' })
  expect(() => dingtalkUnified.credentialsFromEnv(mixed)).toThrow(/DINGTALK_CORP_ID/)
})

test('the tickets of two apps in one cache are apart, and the latest of each is read', async () => {
  const cache = memoryCache()
  const [one, two] = ['suite1', 'suite2'].map((suiteKey) => suiteTickets(cache, suiteKey))
  await one?.receive('PLANTED-SECRET-1')
  await two?.receive('PLANTED-SECRET-2')
  await one?.receive('PLANTED-SECRET-3')
  expect(await Promise.all([one?.read(), two?.read(), suiteTickets(cache, 'suite3').read()])).toEqual([
    'PLANTED-SECRET-3',
    'PLANTED-SECRET-2',
    '',
  ])
})
