import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type Provider } from '@lingpai/core'
import { recordKeyOf } from '@lingpai/core/internal'
import { oauth2, oauth2Server, presets, type OAuth2Options } from '@lingpai/provider-oauth2'
import { oauth2ServerWith } from '../src/configured.js'

const base = { tokenUrl: 'https://login.example.com/a/token' }
const credentials = { clientId: 'c', clientSecret: 'PLANTED-SECRET-of-identity' }

const keyOf = async <C>(provider: Provider<C>, given: { readonly [K in keyof C]: string }): Promise<string> =>
  (await recordKeyOf(new TokenManager({ cache: memoryCache() }).source(provider, given))) ?? ''

/** Options that each make the token another one. */
const others: readonly OAuth2Options[] = [
  base,
  { tokenUrl: 'https://login.example.com/b/token' },
  { tokenUrl: 'https://login.example.com/a/token?realm=x' },
  { tokenUrl: 'https://login.example.org/a/token' },
  { tokenUrl: 'https://login.example.com:8443/a/token' },
  { ...base, scope: 'a' },
  { ...base, scope: 'a b' },
  { ...base, scope: 'A' },
  { ...base, audience: 'a' },
  { ...base, resource: 'a' },
  { ...base, scope: 'a', audience: 'b' },
  { ...base, scope: 'b', audience: 'a' },
  { ...base, grantType: 'account_credentials' },
  { ...base, parameters: { organization: 'a' } },
  { ...base, parameters: { organization: 'b' } },
  { ...base, parameters: { organisation: 'a' } },
  { ...base, parameters: { a: '"],["b","c' } },
  { ...base, response: { token: 'id_token' } },
  { ...base, id: 'acme' },
]

test('no two providers that request another token share a record', async () => {
  const keys = await Promise.all(
    others.map((options) => keyOf(oauth2({ ...options, clientAuthentication: 'client_secret_basic' }), credentials)),
  )
  expect(new Set(keys).size).toBe(others.length)
  const other = await keyOf(oauth2({ ...base, clientAuthentication: 'client_secret_basic' }), {
    ...credentials,
    clientId: 'd',
  })
  expect(keys).not.toContain(other)
})

test('the same holds without a secret, and for accounts that bring their token endpoint', async () => {
  const signed = { clientId: 'c', clientAssertion: 'signed' }
  const keys = await Promise.all([
    ...others.map((options) => keyOf(oauth2({ ...options, clientAuthentication: 'private_key_jwt' }), signed)),
    keyOf(oauth2Server, { ...credentials, tokenUrl: 'https://login.example.com/a/token' }),
    keyOf(oauth2Server, { ...credentials, tokenUrl: 'https://login.example.com/b/token' }),
    keyOf(oauth2ServerWith({ scope: 'a' }), { ...credentials, tokenUrl: 'https://login.example.com/a/token' }),
    keyOf(oauth2ServerWith({ audience: 'a' }), { ...credentials, tokenUrl: 'https://login.example.com/a/token' }),
    keyOf(oauth2ServerWith({ parameters: 'a=b' }), { ...credentials, tokenUrl: 'https://login.example.com/a/token' }),
    keyOf(oauth2ServerWith({ preset: 'twitch' }), { ...credentials, tokenUrl: 'https://login.example.com/a/token' }),
    keyOf(oauth2(presets.zoom), { ...credentials, accountId: 'a' }),
    keyOf(oauth2(presets.zoom), { ...credentials, accountId: 'b' }),
  ])
  expect(new Set(keys).size).toBe(others.length + 8)
})

test('two descriptions of the same request share a record, whatever their order and form', async () => {
  const post = { ...base, clientAuthentication: 'client_secret_post', renewal: { marginSeconds: 1 } } as const
  const keys = await Promise.all([
    keyOf(oauth2({ ...base, scope: 'a b', parameters: { x: '1', y: '2' } }), credentials),
    keyOf(oauth2({ parameters: { y: '2', x: '1' }, scope: ['a', 'b'], ...base }), credentials),
    keyOf(oauth2({ ...post, scope: 'a b', parameters: { x: '1', y: '2' } }), credentials),
  ])
  expect(new Set(keys).size).toBe(1)
})

test('a change of the options after the call changes neither the request nor the account', async () => {
  const options = { ...base, scope: ['a'], parameters: { x: '1' } as Record<string, string> }
  const provider = oauth2(options)
  const [request, key] = [provider.spec.request(credentials), await keyOf(provider, credentials)]
  options.scope.push('b')
  options.parameters['x'] = '2'
  Object.assign(options, {
    tokenUrl: 'https://login.example.com/b/token',
    audience: 'c',
    grantType: 'd',
    sendAs: 'json',
  })
  expect(provider.spec.request(credentials)).toEqual(request)
  expect(await keyOf(provider, credentials)).toBe(key)
  expect(await keyOf(oauth2(options), credentials)).not.toBe(key)
})

test('the key contains no secret and no assertion', async () => {
  expect(await keyOf(oauth2(base), credentials)).toMatch(
    /^lingpai:1:oauth2:app-[0-9a-f]{32}:login\.example\.com:c:[0-9a-f]{16}$/,
  )
})
