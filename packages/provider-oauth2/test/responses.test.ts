import { inspect } from 'node:util'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type TokenSource } from '@lingpai/core'
import { oauth2, oauth2Server, presets } from '@lingpai/provider-oauth2'
import { scriptedServers, type Scripted } from './scripted-server.js'

const startServer = scriptedServers()
const managers: TokenManager[] = []
afterEach(() => Promise.all(managers.splice(0).map((manager) => manager.close())))

const credentials = { clientId: 'c', clientSecret: 'PLANTED-SECRET/+/&/+/%/+/=' }

function manager(): TokenManager {
  const tokens = new TokenManager({ cache: memoryCache() })
  managers.push(tokens)
  return tokens
}

async function sourceFor(response: Scripted, renewal = {}): Promise<TokenSource> {
  const { url } = await startServer(() => response)
  return manager().source(oauth2({ tokenUrl: `${url}/token`, renewal }), credentials)
}

async function lifeOf(body: object, renewal = {}): Promise<number> {
  const { issuedAtMs, expiresAtMs } = await (await sourceFor({ body }, renewal)).getRecord()
  return Math.round((expiresAtMs - issuedAtMs) / 1000)
}

test.each([
  ['a number', 3600, 3600],
  ['a text', '3600', 3600],
  ['a text with a fraction', '3599.5', 3600],
])('a life as %s is read', async (_, sent, seconds) => {
  expect(await lifeOf({ access_token: 'T', token_type: 'Bearer', expires_in: sent })).toBe(seconds)
})

test('without a life, a token lives for the default of the provider, and each use of it is an event', async () => {
  for (const body of [
    { access_token: 'T' },
    { access_token: 'T', expires_in: null },
    { access_token: 'T', expires_in: '' },
  ]) {
    const assumed: unknown[] = []
    const { url } = await startServer(() => ({ body }))
    const tokens = manager()
    tokens.on('lifetime-assumed', (event) => assumed.push(event))
    const provider = oauth2({ tokenUrl: url, renewal: { defaultLifeSeconds: 900 } })
    const { issuedAtMs, expiresAtMs } = await tokens.source(provider, credentials).getRecord()
    expect([expiresAtMs - issuedAtMs, assumed.length]).toEqual([900_000, 1])
  }
  expect(await lifeOf({ access_token: 'T' })).toBe(300)
})

test('an error that quotes the Basic header shows no piece of the secret', async () => {
  const { url, received } = await startServer(({ headers }) => ({
    status: 401,
    headers: { 'www-authenticate': 'Basic realm="x"' },
    body: { error: 'invalid_client', error_description: `no such client: ${headers.authorization}` },
  }))
  const error: unknown = await manager()
    .source(oauth2({ tokenUrl: url }), credentials)
    .getAccessToken()
    .catch((reason: unknown) => reason)
  expect(error).toMatchObject({ details: { platformCode: 'invalid_client', errorClass: 'credential-invalid' } })
  const sent = (received[0]?.headers.authorization ?? '').slice('Basic '.length)
  const shown = inspect(error, { depth: 9 })
  expect(atob(sent)).toBe('c:PLANTED-SECRET%2F%2B%2F%26%2F%2B%2F%25%2F%2B%2F%3D')
  for (let start = 4; start + 9 <= sent.length; start += 1) expect(shown).not.toContain(sent.slice(start, start + 9))
})

test.each([
  [
    { status: 503, body: 'down' },
    { code: 'ERR_LINGPAI_TRANSPORT', retryable: true },
  ],
  [{ status: 429, headers: { 'retry-after': '7' }, body: {} }, { details: { errorClass: 'rate-limited' } }],
  [{ status: 400, body: { error: 'odd' } }, { details: { errorClass: 'unknown' } }],
  [{ status: 200, body: '<html>' }, { code: 'ERR_LINGPAI_MALFORMED_RESPONSE' }],
  [{ status: 200, body: { token_type: 'Bearer' } }, { code: 'ERR_LINGPAI_MALFORMED_RESPONSE' }],
])('the response %j is an error of its kind', async (response, error) => {
  const source = await sourceFor(response)
  await expect(source.getAccessToken()).rejects.toMatchObject(error)
})

test('an account that brings its token endpoint is asked there', async () => {
  const { url, received } = await startServer(() => ({ body: { access_token: 'T', expires_in: 60 } }))
  const tokens = manager()
  const source = tokens.source(oauth2Server, { ...credentials, tokenUrl: `${url}/tenant/token?v=1` })
  expect(await source.getAccessToken()).toBe('T')
  expect(received).toMatchObject([{ path: '/tenant/token?v=1', body: 'grant_type=client_credentials' }])
  for (const [tokenUrl, problem] of [
    ['http://login.example.com/t', 'malformed'],
    ['', 'missing'],
  ] as const) {
    const ask = async (): Promise<string> => tokens.source(oauth2Server, { ...credentials, tokenUrl }).getAccessToken()
    await expect(ask()).rejects.toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field: 'tokenUrl', problem } })
  }
})

test("a platform's own shape is data: Douyin's token is nested, and its error comes with HTTP 200", async () => {
  const ok = { data: { access_token: 'clt.1', description: '', error_code: 0, expires_in: 7200 }, message: 'success' }
  const bad = { data: { captcha: '', description: '配置无效', error_code: 10003 }, message: 'error' }
  let response: object = ok
  const { url, received } = await startServer(() => ({ body: response }))
  const douyin = oauth2(presets.douyin).extend({ baseUrl: url })
  const source = manager().source(douyin, credentials)
  expect(await source.getAccessToken()).toBe('clt.1')
  expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ client_key: 'c', grant_type: 'client_credential' })
  response = bad
  const failed = manager().source(douyin, credentials).getAccessToken()
  await expect(failed).rejects.toMatchObject({ details: { platformCode: 10003, platformMessage: '配置无效' } })
})
