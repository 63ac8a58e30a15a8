import { generateKeyPairSync } from 'node:crypto'
import { childrenOf } from '../../testing/test/support/child.js'

/** Awkward in URLs, forms and headers, of the characters that RFC 6749 allows. */
export const clientSecret = 'PLANTED-SECRET-of-oidc& B=+/%41:~*"\\\''

/** A private key in PEM, and its public half as a JWK. */
export function keyPair(): { readonly pem: string; readonly jwk: object } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { pem, jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' } }
}

/** A running oidc-provider with an API. */
export interface OidcServer {
  readonly issuer: string
  readonly tokenUrl: string
  /** The API: it responds with client and scope of the token. */
  readonly apiUrl: string
  /** Requests so far. */
  readonly counts: () => Promise<{ readonly token: number; readonly api: number; readonly rejected: number }>
  /** Revokes a token as its client `post-client`. */
  readonly revoke: (token: string) => Promise<void>
}

/** Starts servers in processes of their own, each for one test. */
export function oidcServers(): (jwk?: object) => Promise<OidcServer> {
  const start = childrenOf(new URL('children/oidc-server.ts', import.meta.url))
  return async (jwk = keyPair().jwk) => {
    const issuer = (await start(JSON.stringify({ jwk, secret: clientSecret })).line()) ?? ''
    return {
      issuer,
      tokenUrl: `${issuer}/token`,
      apiUrl: `${issuer}/api`,
      counts: async () => (await (await fetch(`${issuer}/counts`)).json()) as Awaited<ReturnType<OidcServer['counts']>>,
      revoke: async (token) => {
        const body = new URLSearchParams({ token, client_id: 'post-client', client_secret: clientSecret })
        const { status } = await fetch(`${issuer}/token/revocation`, { method: 'POST', body })
        expect(status).toBe(200)
      },
    }
  }
}
