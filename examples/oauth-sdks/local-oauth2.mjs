import { createServer } from 'node:http'
import { oauth2 } from '@lingpai/provider-oauth2'

/** A server that issues tokens by client credentials, and has an API that takes them. */
export async function localOAuth2() {
  const living = new Set()
  let tokenRequests = 0
  const server = createServer((request, response) => {
    const json = (status, body, headers = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    request.resume()
    if (request.url === '/token') {
      tokenRequests += 1
      const access_token = `PLANTED-TOKEN-${tokenRequests}`
      living.add(access_token)
      return json(200, { access_token, token_type: 'Bearer', expires_in: 3600 })
    }
    const isGood = living.has(String(request.headers.authorization).replace('Bearer ', ''))
    return isGood ? json(200, {}) : json(401, {}, { 'www-authenticate': 'Bearer error="invalid_token"' })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    provider: oauth2({ tokenUrl: `${url}/token`, apiBaseUrl: url }),
    tokenRequests: () => tokenRequests,
    revoke: () => living.clear(),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
