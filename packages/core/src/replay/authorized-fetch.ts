import { inspect } from 'node:util'
import { assertPlaced, placementFor, placeToken } from '../provider/build-request.js'
import { callOf } from './fetch-call.js'
import { callTarget } from './call-target.js'
import type { ErrorResponse } from '../provider/classify.js'
import { PlatformError } from '../errors.js'
import { followWithin } from './follow-redirects.js'
import type { ResolvedSpec } from '../provider.js'
import { scrubCause, spells } from '../secrecy/redact.js'
import { tokenErrorIn } from './find-token-error.js'
import { replay } from './replay.js'
import type { TokenSource } from '../token-source.js'
import type { UpstreamOptions } from '../upstream/upstream-options.js'
import { platformError } from '../failure/upstream-errors.js'

/** Implements {@link TokenSource.fetch} for any source. */
export async function authorizedFetch<C>(
  source: Pick<TokenSource, 'apiOrigins' | 'getAccessToken' | 'reportRejected'>,
  spec: ResolvedSpec<C>,
  { fetch, language }: Pick<UpstreamOptions, 'fetch' | 'language'>,
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<Response> {
  assertPlaced(spec)
  const { apiOrigins } = source
  const url = callTarget(spec, apiOrigins, input)
  const call = await callOf(spec.id, input, init)
  const { signal } = call
  const send = async (token: string): Promise<Response> => {
    const placed = new URL(url)
    const headers = new Headers(call.init.headers)
    try {
      placeToken(placementFor(spec, placed), token, placed, headers)
      return await followWithin(apiOrigins, fetch, placed, { ...call, init: { ...call.init, headers } })
    } catch (error) {
      throw withoutToken(error, token)
    }
  }

  return replay(
    source,
    {
      send,
      tokenErrorIn: (response) => tokenErrorIn(spec, response),
      beforeRepeat: async (response, errorResponse, known) => {
        await response.body?.cancel()
        if (!call.isRepeatable) throw notRepeated(spec, errorResponse, { status: response.status, language, known })
      },
    },
    signal && { signal },
  )
}

/**
 * The error of a call whose token was replaced, but whose body cannot be sent again. Many callers would take the
 * response itself for a success.
 */
function notRepeated(
  spec: Parameters<typeof platformError>[0],
  errorResponse: ErrorResponse,
  options: Parameters<typeof platformError>[3],
): PlatformError {
  const { message, details } = platformError(spec, 'api', errorResponse, options)
  const hint =
    options.language === 'zh'
      ? '令牌已更换：请用新的请求体重新发送。字符串、字节、Blob、表单或 Request 会自动重发。'
      : 'The token has been replaced: send the call again with a new body. A string, bytes, a Blob, a form or a Request is sent again automatically.'
  return new PlatformError(`${message}, and its body is a stream that can be sent only once`, details, {
    retryable: true,
    hint,
  })
}

/**
 * Masks the token in an error, because some HTTP clients put the URL into their errors. Other errors stay unchanged.
 */
function withoutToken(error: unknown, token: string): unknown {
  const shown = inspect(error, { depth: 5, showHidden: true })
  return spells(shown, token) ? scrubCause(error, [token]) : error
}
