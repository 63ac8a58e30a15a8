// Compiled by `npm run types`, never run: the code of an error narrows its details.
import {
  isLingpaiError,
  type AnyLingpaiError,
  type ErrorClass,
  type LingpaiErrorCode,
  type PlatformCode,
  type TokenSource,
} from '@lingpai/core'

/** One branch for each code, and nothing left. */
export function explain(error: AnyLingpaiError): string {
  switch (error.code) {
    case 'ERR_LINGPAI_CONFIG': {
      const field: string | undefined = error.details.field
      return field ?? error.name
    }
    case 'ERR_LINGPAI_PLATFORM': {
      const errorClass: ErrorClass = error.details.errorClass
      const code: PlatformCode = error.details.platformCode
      return `${errorClass} ${code} ${error.details.traceId ?? ''} ${error.details.ip ?? ''}`
    }
    case 'ERR_LINGPAI_TRANSPORT':
      // @ts-expect-error a transport error has no platform code
      void error.details.platformCode
      return error.details.phase
    case 'ERR_LINGPAI_UNAVAILABLE':
      return `${error.details.provider} ${error.details.problem}`
    case 'ERR_LINGPAI_MALFORMED_RESPONSE':
      return `${error.details.problem} ${error.details.status}`
    case 'ERR_LINGPAI_CACHE':
      return `${error.details.operation} ${error.details.reach}`
    case 'ERR_LINGPAI_LEASE':
    case 'ERR_LINGPAI_CLOSED':
      // @ts-expect-error these two have no details
      void error.details
      return error.message
    default:
      return error satisfies never
  }
}

/** A caught value is unknown until it is tested. */
export async function caught(source: TokenSource): Promise<LingpaiErrorCode | undefined> {
  try {
    await source.getAccessToken()
    return undefined
  } catch (error) {
    // @ts-expect-error anything can be thrown
    void error.code
    if (!isLingpaiError(error)) throw error
    const { retryable, retryAtMs, hint }: { retryable: boolean; retryAtMs?: number; hint?: string } = error
    void [retryable, retryAtMs, hint]
    if (error.name === 'PlatformError') void error.details.platformCode
    // @ts-expect-error there is no such code
    if (error.code === 'ERR_LINGPAI_OTHER') return undefined
    return error.code
  }
}
