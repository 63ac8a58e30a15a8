import type { BilingualHint } from './hints.js'

/** Codes of the server's own refusals; upstream's failures keep the codes of `@lingpai/core`. */
export type ApiErrorCode =
  | 'ERR_BAD_REQUEST'
  | 'ERR_UNAUTHENTICATED'
  | 'ERR_FORBIDDEN'
  | 'ERR_NOT_FOUND'
  | 'ERR_TOO_LARGE'
  | 'ERR_UNSUPPORTED_MEDIA_TYPE'
  | 'ERR_RATE_LIMITED'
  | 'ERR_UNAVAILABLE'
  | 'ERR_INTERNAL'

const statuses: Readonly<Record<ApiErrorCode, number>> = {
  ERR_BAD_REQUEST: 400,
  ERR_UNAUTHENTICATED: 401,
  ERR_FORBIDDEN: 403,
  ERR_NOT_FOUND: 404,
  ERR_TOO_LARGE: 413,
  ERR_UNSUPPORTED_MEDIA_TYPE: 415,
  ERR_RATE_LIMITED: 429,
  ERR_UNAVAILABLE: 503,
  ERR_INTERNAL: 500,
}

/** A request that is refused by the server itself. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ApiErrorCode
  readonly statusCode: number
  /** Milliseconds after which the same request may pass. */
  readonly retryAfterMs: number | undefined
  readonly hint: BilingualHint | undefined

  constructor(
    code: ApiErrorCode,
    message: string,
    { retryAfterMs, hint }: { readonly retryAfterMs?: number; readonly hint?: BilingualHint } = {},
  ) {
    super(message)
    this.code = code
    this.statusCode = statuses[code]
    this.retryAfterMs = retryAfterMs
    this.hint = hint
  }
}

/** Whether an error is one of the server's own refusals. */
export function isApiError(error: unknown): error is ApiError {
  return (error as { readonly name?: unknown } | undefined)?.name === 'ApiError'
}

/** An account that there is not, or that is another's: which of the two is nobody's business. */
export function noSuchAccount(): ApiError {
  return new ApiError('ERR_NOT_FOUND', 'there is no such account')
}
