import { discover } from '@lingpai/provider-oauth2'
import { scriptedServers, type Scripted } from './scripted-server.js'

const startServer = scriptedServers()

/** A server with metadata at one place. */
async function issuerWith(metadata: (url: string) => Scripted, path = '/.well-known/openid-configuration') {
  let url = ''
  const server = await startServer((request) => (request.path === path ? metadata(url) : { status: 404, body: {} }))
  url = server.url
  return server
}

const good = (url: string): Scripted => ({ body: { issuer: url, token_endpoint: `${url}/oauth/token` } })

test.each([
  ['OpenID Connect Discovery', '', '/.well-known/openid-configuration'],
  ['RFC 8414', '', '/.well-known/oauth-authorization-server'],
  ['OpenID Connect Discovery with a path', '/realms/a', '/realms/a/.well-known/openid-configuration'],
  ['RFC 8414 with a path', '/realms/a', '/.well-known/oauth-authorization-server/realms/a'],
])('the token endpoint is found by %s', async (_, realm, path) => {
  const { url } = await issuerWith((base) => good(base + realm), path)
  expect(await discover(url + realm)).toEqual({ tokenUrl: `${url}${realm}/oauth/token` })
})

test('a server that takes secrets in the body only is told apart', async () => {
  for (const [methods, found] of [
    [['client_secret_post', 'private_key_jwt'], { clientAuthentication: 'client_secret_post' }],
    [['client_secret_post', 'client_secret_basic'], {}],
    [['private_key_jwt'], {}],
    [undefined, {}],
  ] as const) {
    const { url } = await issuerWith((base) => ({
      body: {
        issuer: base,
        token_endpoint: `${base}/t`,
        ...(methods && { token_endpoint_auth_methods_supported: methods }),
      },
    }))
    expect(await discover(new URL(url))).toEqual({ tokenUrl: `${url}/t`, ...found })
  }
})

test.each(['http://login.example.com', 'login.example.com', 'ftp://localhost', 'https://a:b@login.example.com'])(
  'an issuer %s is a ConfigError, and nothing is sent',
  async (issuer) => {
    const fetch = () => Promise.reject(new TypeError('sent'))
    await expect(discover(issuer, { fetch })).rejects.toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      details: { field: 'issuer', problem: 'malformed' },
    })
  },
)

const config = (field: string) => ({ code: 'ERR_LINGPAI_CONFIG', details: { field } })
test.each<[string, (url: string) => Scripted, object]>([
  ['of another issuer', (url) => ({ body: { issuer: `${url}/other`, token_endpoint: `${url}/t` } }), config('issuer')],
  ['without a token endpoint', (url) => ({ body: { issuer: url } }), config('issuer')],
  [
    'with a token endpoint that is not encrypted',
    (url) => ({ body: { issuer: url, token_endpoint: 'http://login.example.com/t' } }),
    config('token_endpoint'),
  ],
  ['that is not JSON', () => ({ body: '<html>' }), { code: 'ERR_LINGPAI_MALFORMED_RESPONSE' }],
  [
    'of another type',
    () => ({ headers: { 'content-type': 'text/html' }, body: '{}' }),
    { code: 'ERR_LINGPAI_MALFORMED_RESPONSE' },
  ],
  ['that is missing', () => ({ status: 404 }), { details: { problem: 'not-found' } }],
  ['behind a redirect', () => ({ status: 302, headers: { location: '/x' } }), { details: { problem: 'redirect' } }],
  ['of a failing server', () => ({ status: 503 }), { code: 'ERR_LINGPAI_TRANSPORT', details: { status: 503 } }],
])('metadata %s are an error of its kind', async (_, metadata, error) => {
  const { url } = await issuerWith(metadata)
  await expect(discover(url)).rejects.toMatchObject(error)
})

test('a server that cannot be reached, or is late, is a retryable error', async () => {
  const { url } = await issuerWith(good)
  const refused = () => Promise.reject(new TypeError('fetch failed'))
  const unreachable = { code: 'ERR_LINGPAI_TRANSPORT', retryable: true }
  await expect(discover(url, { fetch: refused })).rejects.toMatchObject(unreachable)
  const hanging: typeof fetch = (_, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => {
        reject(init.signal?.reason as Error)
      })
    })
  await expect(discover(url, { fetch: hanging, timeoutMs: 1 })).rejects.toMatchObject({ details: { phase: 'timeout' } })
  await expect(discover(url, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
})
