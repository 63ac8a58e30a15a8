import { ConfigError, isLingpaiError, MalformedResponseError, TransportError } from '@lingpai/core'
import { secureUrl } from './secure-url.js'

/** Options of {@link discover}. */
export interface DiscoverOptions {
  /** @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch
  /** Ends the call with its reason. */
  readonly signal?: AbortSignal
  /** @default 10_000 */
  readonly timeoutMs?: number
}

/** What a server says about itself, as options of `oauth2()`. */
export interface DiscoveredServer {
  readonly tokenUrl: string
  /** How a client with a secret proves its identity, if the server does not take `client_secret_basic`. */
  readonly clientAuthentication?: 'client_secret_post'
}

/** The places of the metadata: OpenID Connect Discovery 1.0 §4, RFC 8414 §3. */
const places = ['oidc', 'oauth2'] as const

/**
 * Finds the token endpoint of a server by its issuer URL.
 *
 * The metadata must name the same issuer, and each URL is https, or http on this host. Call it once when the program starts: its
 * result is public, and it is not cached.
 *
 * @throws ConfigError for a URL that is not secure, or metadata of another issuer
 * @throws TransportError if the server cannot be reached, or fails
 * @throws MalformedResponseError if the server publishes no metadata, or none that can be read
 * @example
 * ```ts
 * import { discover, oauth2 } from '@lingpai/provider-oauth2'
 *
 * const server = await discover('https://login.example.com')
 * export const acme = oauth2({ ...server, scope: 'orders.read' })
 * ```
 */
export async function discover(
  issuer: string | URL,
  { fetch = globalThis.fetch, signal, timeoutMs = 10_000 }: DiscoverOptions = {},
): Promise<DiscoveredServer> {
  const url = secureUrl('discover', 'issuer', String(issuer))
  // Only programs that discover load the library.
  const library = await import('oauth4webapi')
  // Deprecated in order to stand out: secureUrl() lets http pass to this host only.
  const { allowInsecureRequests } = library as { readonly allowInsecureRequests: symbol }
  const late = AbortSignal.timeout(timeoutMs)
  const options = {
    [library.customFetch]: (input: string, init: object) => fetch(input, init),
    [allowInsecureRequests]: url.protocol === 'http:',
    signal: signal === undefined ? late : AbortSignal.any([signal, late]),
  }
  for (const [at, algorithm] of places.entries()) {
    const response = await answered(url, signal, () => library.discoveryRequest(url, { ...options, algorithm }))
    if (response.status === 404 && at + 1 < places.length) continue
    if (response.status !== 200) throw failed(url, response.status)
    return serverOf(url, await read(url, () => library.processDiscoveryResponse(url, response)))
  }
  throw failed(url, 404)
}

/** The members of the metadata that matter here. */
interface Metadata {
  readonly token_endpoint?: string
  readonly token_endpoint_auth_methods_supported?: readonly string[]
}

function serverOf(issuer: URL, { token_endpoint: tokenUrl, ...metadata }: Metadata): DiscoveredServer {
  if (tokenUrl === undefined)
    throw new ConfigError(`discover: ${issuer.href} has no token endpoint`, { field: 'issuer', problem: 'conflict' })
  secureUrl('discover', 'token_endpoint', tokenUrl)
  // RFC 8414 §2: without a list it is client_secret_basic.
  const { token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] } = metadata
  const isPost = !methods.includes('client_secret_basic') && methods.includes('client_secret_post')
  return { tokenUrl, ...(isPost && { clientAuthentication: 'client_secret_post' as const }) }
}

async function answered(
  issuer: URL,
  signal: AbortSignal | undefined,
  request: () => Promise<Response>,
): Promise<Response> {
  try {
    return await request()
  } catch (cause) {
    signal?.throwIfAborted()
    const phase = (Object(cause) as { readonly name?: unknown }).name === 'TimeoutError' ? 'timeout' : 'exchange'
    throw new TransportError(`discover: no response from ${issuer.host}`, { provider: 'oauth2', phase }, { cause })
  }
}

async function read<T>(issuer: URL, process: () => Promise<T>): Promise<T> {
  try {
    return await process()
  } catch (cause) {
    if (isLingpaiError(cause)) throw cause
    if ((Object(cause) as { readonly code?: unknown }).code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED')
      throw new ConfigError(
        `discover: the metadata at ${issuer.href} is of another issuer`,
        { field: 'issuer', problem: 'conflict' },
        { cause, hint: 'Give the issuer exactly as its metadata spell it, with or without a slash at the end.' },
      )
    const details = { provider: 'oauth2', problem: 'not-json', status: 200 } as const
    throw new MalformedResponseError(`discover: the metadata of ${issuer.href} cannot be read`, details, { cause })
  }
}

function failed(issuer: URL, status: number): TransportError | MalformedResponseError {
  const text = `discover: HTTP ${status} from ${issuer.host}`
  if (status === 404 || (status >= 300 && status < 400)) {
    const problem = status === 404 ? 'not-found' : 'redirect'
    return new MalformedResponseError(text, { provider: 'oauth2', problem, status })
  }
  return new TransportError(text, { provider: 'oauth2', phase: 'status', status })
}
