// A real authorization server, oidc-provider, with an API that accepts its tokens. It prints its URL as one line.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

// It warns of what is fine in a test: its own keys, its memory, this version of Node.js.
console.info = console.warn = () => undefined
const { Provider } = await import('oidc-provider')

/** What the test gives: the public key of the client that signs, and the secret of the others. */
const { jwk, secret } = JSON.parse(process.argv[2] ?? '{}') as { readonly jwk: object; readonly secret: string }
const common = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [], scope: 'read write' }

const server = createServer()
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
const issuer = `http://127.0.0.1:${port}`

const provider = new Provider(issuer, {
  clients: [
    { ...common, client_id: 'basic:client', client_secret: secret, token_endpoint_auth_method: 'client_secret_basic' },
    { ...common, client_id: 'post-client', client_secret: secret, token_endpoint_auth_method: 'client_secret_post' },
    { ...common, client_id: 'key-client', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } },
  ],
  scopes: ['read', 'write', 'admin'],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    revocation: { enabled: true },
  },
  ttl: { ClientCredentials: 600 },
})

const counts = { token: 0, api: 0, rejected: 0 }
const answer = provider.callback()

async function api({ headers }: IncomingMessage, response: ServerResponse): Promise<void> {
  counts.api += 1
  const [, token = ''] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? []
  const found = await provider.ClientCredentials.find(token)
  if (found !== undefined) {
    response.end(JSON.stringify({ client: found.clientId, scope: found.scope }))
    return
  }
  counts.rejected += 1
  // RFC 6750 §3.1: the error is in the header, and the body is empty.
  response.writeHead(401, { 'www-authenticate': 'Bearer realm="api", error="invalid_token"' }).end()
}

server.on('request', (request: IncomingMessage, response: ServerResponse) => {
  const { pathname } = new URL(request.url ?? '/', issuer)
  if (pathname === '/counts') response.end(JSON.stringify(counts))
  else if (pathname === '/api') void api(request, response)
  else {
    if (pathname === '/token') counts.token += 1
    void answer(request, response)
  }
})
console.log(issuer)
