import type { AccountContext } from '../state/account-context.js'
import { buildRequest } from '../provider/build-request.js'
import { classify, parseBody } from '../provider/classify.js'
import { ConfigError, isLingpaiError, type PlatformError } from '../errors.js'
import { boundedFetch } from '../http/bounded-fetch.js'
import type { PlatformResponse, SecretRequestBuilder } from '../platform-response.js'
import type { RequestSpec } from '../provider.js'
import { maskKnown, scrubCause } from '../secrecy/redact.js'
import { baseOf } from '../upstream/request-token.js'
import { errorOfFailure, platformError } from '../failure/upstream-errors.js'

/** A response, and the error for it if the platform reports a wrong secret. */
export interface SecretResponse {
  readonly response: PlatformResponse
  readonly wrongSecret?: PlatformError
}

/**
 * Sends one request that carries the secret: limited in time and size, without redirects, and not repeated once a byte
 * was sent.
 */
export async function secretRequest<C>(
  context: AccountContext<C>,
  build: SecretRequestBuilder,
  signal: AbortSignal | undefined,
): Promise<SecretResponse> {
  const { spec, upstream, clock, timeoutMs, closing } = context
  const closed = closing.signal
  const credentials = context.credentials as Readonly<Record<string, string>>
  const known = spec.secrets.map((field) => credentials[field] ?? '')
  const described = describe(spec.id, build, credentials, known)
  const ending = signal === undefined ? closed : AbortSignal.any([closed, signal])
  const endsAtMs = clock.monotonic() + timeoutMs
  const bases = [spec.baseUrl, ...(spec.fallbackBaseUrls ?? [])]
  for (;;) {
    const request = buildRequest({ id: spec.id, rebased: spec.rebased, ...baseOf(bases.shift()) }, described)
    const leftMs = Math.max(0, endsAtMs - clock.monotonic())
    const response = await boundedFetch(upstream.fetch, clock, request, { signal: ending, timeoutMs: leftMs })
    if (response.kind !== 'response') {
      if (response.kind === 'connect' && bases.length > 0) continue
      throw errorOfFailure(spec.id, response, { language: upstream.language, known })
    }
    const { status, headers, text } = response
    const masked = { status, text: maskKnown(text, known) }
    const errorResponse = classify(spec, 'token', { status, headers, body: parseBody(text) })
    if (errorResponse?.errorClass !== 'credential-invalid') return { response: masked }
    const words = { status, language: upstream.language, known }
    return { response: masked, wrongSecret: platformError(spec, 'token', errorResponse, words) }
  }
}

/** Calls the builder, which is foreign code: its errors may quote the secret. */
function describe(
  id: string,
  build: SecretRequestBuilder,
  credentials: Readonly<Record<string, string>>,
  known: readonly string[],
): RequestSpec {
  try {
    return build(credentials)
  } catch (error) {
    if (isLingpaiError(error)) throw error
    throw new ConfigError(
      `${id}: the function that builds the request failed`,
      { field: 'build', problem: 'malformed' },
      { cause: scrubCause(error, known) },
    )
  }
}
