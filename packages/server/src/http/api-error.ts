import type { BilingualHint } from '../accounts/hints.js'

/** Codes of the server's own errors. Failures of upstream keep the codes of `@lingpai/core`. */
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

/** A request that the server itself rejects. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ApiErrorCode
  readonly statusCode: number
  /** Milliseconds until the same request may succeed. */
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

/** Whether the server itself rejected the request. */
export function isApiError(error: unknown): error is ApiError {
  return (error as { readonly name?: unknown } | undefined)?.name === 'ApiError'
}

/** The same error for an unknown account and for one of other keys, so that a caller learns nothing about the latter. */
export function noSuchAccount(): ApiError {
  return new ApiError('ERR_NOT_FOUND', 'no such account')
}
