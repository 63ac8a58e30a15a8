import { isLingpaiError, type AnyLingpaiError } from '@lingpai/core'
import { isApiError } from '../api-error.js'
import type { FacadePlatform } from './facade-platform.js'
import { FacadeRefusal, isFacadeRefusal } from './facade-refusal.js'

/** How a client of a platform's SDK hears about a failure; `undefined` for one that was not foreseen. */
export function refusalOf(error: unknown, platform: FacadePlatform): FacadeRefusal | undefined {
  if (isFacadeRefusal(error)) return error
  if (isLingpaiError(error)) return ofUpstream(error, platform)
  if (isApiError(error)) {
    if (error.code === 'ERR_RATE_LIMITED') return new FacadeRefusal(platform.tooMany, error.message)
    return stranger(platform)
  }
  const { statusCode = 500 } = error as { readonly statusCode?: number }
  return statusCode < 500 ? new FacadeRefusal(platform.malformed, 'the request is malformed') : undefined
}

/** The key, the app, or both are unknown: one answer for all of it. */
export function stranger({ stranger: words }: FacadePlatform): FacadeRefusal {
  return new FacadeRefusal(words, 'the secret must be a client key of this server that may read this app')
}

/** The platform's own refusals are passed on; what is wrong with us is the platform being busy. */
function ofUpstream(error: AnyLingpaiError, { busy, renamed }: FacadePlatform): FacadeRefusal {
  const hint = error.hint === undefined ? '' : ` ${error.hint}`
  if (error.code !== 'ERR_LINGPAI_PLATFORM') return new FacadeRefusal(busy, `${error.message}${hint}`)
  const { endpoint, errorClass, platformCode, platformMessage } = error.details
  const isOfToken = errorClass === 'token-invalid' || errorClass === 'token-expired'
  if (endpoint !== 'token' || isOfToken || errorClass === 'transient') {
    return new FacadeRefusal(busy, `${error.message}${hint}`)
  }
  const words = renamed[platformCode] ?? ([platformCode, platformMessage] as const)
  return new FacadeRefusal(words, `the platform said so to this server.${hint}`)
}
