import { isLingpaiError, type AnyLingpaiError } from '@lingpai/core'
import { isApiError } from '../http/api-error.js'
import type { FacadePlatform } from './facade-platform.js'
import { FacadeError, isFacadeError } from './facade-error.js'

/** Converts a failure to an error of the platform; `undefined` for an unexpected failure. */
export function toFacadeError(error: unknown, platform: FacadePlatform): FacadeError | undefined {
  if (isFacadeError(error)) return error
  if (isLingpaiError(error)) return ofUpstream(error, platform)
  if (isApiError(error)) {
    if (error.code === 'ERR_RATE_LIMITED') return new FacadeError(platform.tooMany, error.message)
    return stranger(platform)
  }
  const { statusCode = 500 } = error as { readonly statusCode?: number }
  return statusCode < 500 ? new FacadeError(platform.malformed, 'the request is malformed') : undefined
}

/** One error for an unknown key, an unknown app, or both. */
export function stranger({ stranger: words }: FacadePlatform): FacadeError {
  return new FacadeError(words, 'the secret must be a client key of this server that may read this app')
}

/** Forwards the platform's own errors; any other failure is reported as a busy platform. */
function ofUpstream(error: AnyLingpaiError, { busy, renamed }: FacadePlatform): FacadeError {
  const hint = error.hint === undefined ? '' : ` ${error.hint}`
  if (error.code !== 'ERR_LINGPAI_PLATFORM') return new FacadeError(busy, `${error.message}${hint}`)
  const { endpoint, errorClass, platformCode, platformMessage } = error.details
  const isOfToken = errorClass === 'token-invalid' || errorClass === 'token-expired'
  if (endpoint !== 'token' || isOfToken || errorClass === 'transient') {
    return new FacadeError(busy, `${error.message}${hint}`)
  }
  const words = renamed[platformCode] ?? ([platformCode, platformMessage] as const)
  return new FacadeError(words, `the platform rejected this server's request.${hint}`)
}
