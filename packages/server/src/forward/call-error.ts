import { isLingpaiError } from '@lingpai/core'
import { errorBody } from '../facades/error-body.js'
import { FacadeError } from '../facades/facade-error.js'
import type { FacadePlatform } from '../facades/facade-platform.js'
import { toFacadeError } from '../facades/to-facade-error.js'
import { isApiError, type ApiErrorCode } from '../http/api-error.js'
import type { PlatformOfCall } from './platform-of-call.js'

/** A failed call as its client receives it. */
export interface CallError {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** A call that this server does not send on, or that had no response, with the HTTP status of a gateway. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly status: 501 | 502 | 504 | 508

  constructor(status: GatewayError['status'], message: string) {
    super(message)
    this.status = status
  }
}

function isGatewayError(error: unknown): error is GatewayError {
  return (error as { readonly name?: unknown } | undefined)?.name === 'GatewayError'
}

/** Converts a failure of `undici`. The message holds no URL and no header. */
export function gatewayError(error: unknown): GatewayError {
  if (isGatewayError(error)) return error
  const { code, name } = Object(error) as { readonly code?: unknown; readonly name?: unknown }
  const word = typeof code === 'string' ? code : String(name)
  return /TIMEOUT|ETIMEDOUT/.test(word)
    ? new GatewayError(504, `no response from the platform in time (${word}); the call was not repeated`)
    : new GatewayError(502, `no response from the platform (${word}); the call was not repeated`)
}

const wordsOf: Readonly<Partial<Record<ApiErrorCode, (platform: FacadePlatform) => FacadePlatform['busy']>>> = {
  ERR_UNAUTHENTICATED: ({ unknownToken }) => unknownToken,
  ERR_NOT_FOUND: ({ unknownToken }) => unknownToken,
  ERR_FORBIDDEN: ({ notServed }) => notServed,
  ERR_RATE_LIMITED: ({ tooMany }) => tooMany,
  ERR_BAD_REQUEST: ({ malformed }) => malformed,
}

/** Formats the failure of a call as its platform does. Returns undefined for an unexpected failure. */
export function callError(error: unknown, { platform, status }: PlatformOfCall): CallError | undefined {
  const bodyOf = (facadeError: FacadeError): CallError['body'] => errorBody(platform, facadeError)
  if (isGatewayError(error))
    return { status: error.status, body: bodyOf(new FacadeError(platform.busy, error.message)) }
  const known = isApiError(error)
    ? new FacadeError((wordsOf[error.code] ?? (({ busy }) => busy))(platform), error.message)
    : isLingpaiError(error)
      ? toFacadeError(error, platform)
      : undefined
  return known && { status: platform.statuses?.[known.code] ?? status, body: bodyOf(known) }
}

/**
 * The failure of a call that was not sent on or had no response, for a platform without a format here. The platform may have handled the
 * call, so another try is left to the client. Returns undefined for other failures, which the native API formats.
 */
export function nativeError(error: unknown): CallError | undefined {
  if (!isGatewayError(error)) return undefined
  const code: ApiErrorCode = 'ERR_UNAVAILABLE'
  return { status: error.status, body: { error: { code, message: error.message, retryable: false } } }
}
