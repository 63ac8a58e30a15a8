import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'
import { oauth2 } from '@lingpai/provider-oauth2'
import { clientKeys, createClientKey, startTokenServer } from '@lingpai/server'
import { clientSecret, oidcServers } from './oidc-server.js'

const startAuthorizationServer = oidcServers()

test('calls to an API of any OAuth 2 server are healed, although only a header names the error', async () => {
  const { tokenUrl, apiUrl, counts, revoke } = await startAuthorizationServer()
  const { origin, pathname } = new URL(apiUrl)
  const provider = oauth2({ tokenUrl, scope: 'read', clientAuthentication: 'client_secret_post', apiBaseUrl: origin })
  const cache = memoryCache()
  const manager = new TokenManager({ cache })
  const source = manager.source(provider, { clientId: 'post-client', clientSecret })
  const { text, key } = createClientKey({ name: 'report', role: 'reader', accounts: ['orders'] }, Date.now())
  const accounts = [{ name: 'orders', provider, source }]
  const server = await startTokenServer({ accounts, manager, cache, keys: clientKeys([key]), forward: true })
  const call = async (): Promise<unknown> =>
    (await fetch(server.url + pathname, { headers: { authorization: `Bearer ${text}` } })).json()
  try {
    expect(await call()).toEqual({ client: 'post-client', scope: 'read' })
    await revoke(await source.getAccessToken())
    const bodies = await Promise.all(Array.from({ length: 50 }, call))
    expect(bodies).toEqual(Array.from({ length: 50 }, () => ({ client: 'post-client', scope: 'read' })))
    expect(await counts()).toMatchObject({ token: 2 })
  } finally {
    await server.close()
    await manager.close()
  }
})

test('a call to an API of OAuth 2 that gives no response gets HTTP 502, and is not said to be worth another try', async () => {
  const { tokenUrl } = await startAuthorizationServer()
  const gone = await closedPort()
  const provider = oauth2({ tokenUrl, clientAuthentication: 'client_secret_post', apiBaseUrl: gone })
  const cache = memoryCache()
  const manager = new TokenManager({ cache })
  const source = manager.source(provider, { clientId: 'post-client', clientSecret })
  const { text, key } = createClientKey({ name: 'report', role: 'reader', accounts: ['orders'] }, Date.now())
  const accounts = [{ name: 'orders', provider, source }]
  const server = await startTokenServer({ accounts, manager, cache, keys: clientKeys([key]), forward: true })
  try {
    const headers = { authorization: `Bearer ${text}` }
    const response = await fetch(`${server.url}/orders`, { method: 'POST', headers, body: 'one' })
    expect([response.status, await response.json()]).toEqual([
      502,
      { error: { code: 'ERR_UNAVAILABLE', message: expect.stringContaining('ECONNREFUSED'), retryable: false } },
    ])
  } finally {
    await server.close()
    await manager.close()
  }
})

/** A base URL on which nothing listens. */
async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}`
}
