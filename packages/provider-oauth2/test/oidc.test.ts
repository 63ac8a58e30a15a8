import { inspect } from 'node:util'
import { memoryCache } from '@lingpai/cache-memory'
import { isLingpaiError, TokenManager } from '@lingpai/core'
import { discover, oauth2 } from '@lingpai/provider-oauth2'
import { clientSecret, oidcServers } from './oidc-server.js'

const startServer = oidcServers()
const managers: TokenManager[] = []
afterEach(() => Promise.all(managers.splice(0).map((manager) => manager.close())))

function manager(): TokenManager {
  const tokens = new TokenManager({ cache: memoryCache() })
  managers.push(tokens)
  return tokens
}

const post = { clientId: 'post-client', clientSecret }

test('1,000 callers of a cold process share one request to a real authorization server', async () => {
  const { tokenUrl, counts } = await startServer()
  const source = manager().source(oauth2({ tokenUrl, scope: 'read' }), { clientId: 'basic:client', clientSecret })
  const tokens = await Promise.all(Array.from({ length: 1000 }, () => source.getAccessToken()))
  expect(new Set(tokens).size).toBe(1)
  expect(await counts()).toMatchObject({ token: 1 })
})

test('after a revocation at the server no call fails, although only a header names the error', async () => {
  const { tokenUrl, apiUrl, counts, revoke } = await startServer()
  const provider = oauth2({ tokenUrl, scope: 'read', clientAuthentication: 'client_secret_post' })
  const source = manager().source(provider, post)
  expect((await source.fetch(apiUrl)).status).toBe(200)
  await revoke(await source.getAccessToken())
  const calls = Array.from({ length: 50 }, async () => {
    const response = await source.fetch(apiUrl)
    return [response.status, await response.json()]
  })
  const good = [200, { client: 'post-client', scope: 'read' }]
  expect(await Promise.all(calls)).toEqual(Array.from({ length: 50 }, () => good))
  expect(await counts()).toMatchObject({ token: 2 })

  await revoke(await source.getAccessToken())
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
  expect((await source.withToken((token) => fetch(apiUrl, bearer(token)))).status).toBe(200)
  expect(await counts()).toMatchObject({ token: 3 })
})

test('both ways of sending a secret reach the server with any character in id and secret', async () => {
  const { tokenUrl, apiUrl } = await startServer()
  const tokens = manager()
  const basic = tokens.source(oauth2({ tokenUrl }), { clientId: 'basic:client', clientSecret })
  expect(await (await basic.fetch(apiUrl)).json()).toEqual({ client: 'basic:client' })
  const posted = tokens.source(oauth2({ tokenUrl, clientAuthentication: 'client_secret_post' }), post)
  expect(await (await posted.fetch(apiUrl)).json()).toEqual({ client: 'post-client' })
})

test('a wrong secret, an unknown client, a wrong scope and a wrong grant are errors with a class and a hint, without the secret', async () => {
  const { tokenUrl } = await startServer()
  const wrong = 'PLANTED-SECRET-of-another-client&+'
  const byPost = { tokenUrl, clientAuthentication: 'client_secret_post' } as const
  for (const [provider, credentials, platformCode, errorClass] of [
    [oauth2(byPost), { ...post, clientSecret: wrong }, 'invalid_client', 'credential-invalid'],
    [oauth2({ tokenUrl }), { clientId: 'basic:client', clientSecret: wrong }, 'invalid_client', 'credential-invalid'],
    [oauth2({ tokenUrl }), { clientId: 'unknown-client', clientSecret }, 'invalid_client', 'credential-invalid'],
    [oauth2({ ...byPost, scope: 'admin' }), post, 'invalid_scope', 'permission'],
    [oauth2({ ...byPost, grantType: 'password' }), post, 'unsupported_grant_type', 'permission'],
  ] as const) {
    const error: unknown = await manager()
      .source(provider, credentials)
      .getAccessToken()
      .catch((reason: unknown) => reason)
    expect(isLingpaiError(error) && error).toMatchObject({ details: { platformCode, errorClass } })
    expect((error as { hint?: string }).hint).toBeDefined()
    expect(inspect(error, { depth: 9 })).not.toMatch(/PLANTED|UExBTlRFRC/)
  }
})

test('sources with other scopes have tokens of their own', async () => {
  const { tokenUrl, apiUrl, counts } = await startServer()
  const tokens = manager()
  const scopes = ['read', 'write', 'read write']
  const sources = scopes.map((scope) =>
    tokens.source(oauth2({ tokenUrl, scope, clientAuthentication: 'client_secret_post' }), post),
  )
  const bodies = await Promise.all(sources.map(async (source) => (await source.fetch(apiUrl)).json()))
  expect(bodies).toEqual(scopes.map((scope) => ({ client: 'post-client', scope })))
  expect(await counts()).toMatchObject({ token: 3 })
})

test('the issuer URL is enough to find the token endpoint', async () => {
  const { issuer, tokenUrl, apiUrl } = await startServer()
  const server = await discover(issuer)
  expect(server).toEqual({ tokenUrl })
  const source = manager().source(oauth2({ ...server }), { clientId: 'basic:client', clientSecret })
  expect((await source.fetch(apiUrl)).status).toBe(200)
})
