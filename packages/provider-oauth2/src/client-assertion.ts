import { systemClock, type Awaitable, type Clock } from '@lingpai/core'
import { configErrors } from '@lingpai/core/internal'

/** A private key: PKCS #8 in PEM, a JWK, a `CryptoKey` or a `KeyObject`. */
export type SigningKey = string | object

/** Options of {@link clientAssertion}. */
export interface ClientAssertionOptions {
  /** The client that the server knows. */
  readonly clientId: string
  /** Whom the assertion is for, as the server wants it: its token endpoint or its issuer. */
  readonly audience: string
  /** The key, or a function that fetches it, from a vault or a file for example. It is called for each signature. */
  readonly key: SigningKey | (() => Awaitable<SigningKey>)
  /** @default the `alg` of a JWK, or 'RS256' */
  readonly algorithm?: string
  /** Tells the server which of its keys verifies the signature. @default the `kid` of a JWK */
  readonly keyId?: string
  /** Further members of the protected header, such as `x5t#S256`. */
  readonly header?: Readonly<Record<string, string>>
  /** How long the server may accept an assertion. @default 60 */
  readonly lifeSeconds?: number
  /** @default systemClock */
  readonly clock?: Pick<Clock, 'now'>
}

/**
 * Returns the `clientAssertion` of a provider with `private_key_jwt`: a function that signs a new JWT (RFC 7523) for each token
 * request. Neither the key nor the JWT is stored or logged, and another key is the same account.
 *
 * @throws ConfigError naming an option that is missing
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { clientAssertion, oauth2 } from '@lingpai/provider-oauth2'
 *
 * const tokenUrl = 'https://login.example.com/oauth2/token'
 * const acme = oauth2({ tokenUrl, scope: 'orders.read', clientAuthentication: 'private_key_jwt' })
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * export const source = tokens.source(acme, {
 *   clientId: 'shop',
 *   clientAssertion: clientAssertion({
 *     clientId: 'shop',
 *     audience: tokenUrl,
 *     key: () => readFile('/run/secrets/shop.pem', 'utf8'),
 *   }),
 * })
 * ```
 */
export function clientAssertion(options: ClientAssertionOptions): () => Promise<string> {
  const { clientId, audience, key, lifeSeconds = 60, clock = systemClock } = options
  const error = configErrors('clientAssertion')
  for (const [field, value] of Object.entries({ clientId, audience, key }) as [string, unknown][])
    if (value === undefined || value === '') throw error(field, 'is missing', 'missing')
  if (!(lifeSeconds > 0)) throw error('lifeSeconds', 'must be above 0 seconds')
  return async () => {
    // Only programs with keys load the library.
    const { importPKCS8, SignJWT } = await import('jose')
    const given = typeof key === 'function' ? await (key as () => Awaitable<SigningKey>)() : key
    const jwk = typeof given === 'object' ? (given as { readonly alg?: unknown; readonly kid?: unknown }) : {}
    const algorithm = options.algorithm ?? textOf(jwk.alg) ?? 'RS256'
    const keyId = options.keyId ?? textOf(jwk.kid)
    const nowSeconds = Math.floor(clock.now() / 1000)
    return new SignJWT()
      .setProtectedHeader({ ...options.header, alg: algorithm, ...(keyId !== undefined && { kid: keyId }) })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audience)
      .setJti(crypto.randomUUID())
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + lifeSeconds)
      .sign(typeof given === 'string' ? await importPKCS8(given, algorithm) : given)
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
