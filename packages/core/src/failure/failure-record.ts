import type { ErrorClass } from '../error-class.js'
import { LeaseError, MalformedAnswerError, PlatformError, TransportError, type AnyLingpaiError } from '../errors.js'
import { longestCoolDownOf } from './policy.js'
import { isErrorClass, storedError, type Wording } from './stored-error.js'
import { isCount, isMoment, isObject, parseObject } from '../token-record.js'

/** A failed refresh as it is kept beside the record in the cache, so that all who share it keep the cool-down. */
export interface FailureRecord {
  readonly error: AnyLingpaiError
  readonly errorClass: ErrorClass
  /** Failures in a row. */
  readonly failures: number
  readonly atMs: number
  readonly retryAtMs: number
  /** From when a refresh ahead is tried again, where that has more time than those who have no token. */
  readonly aheadAtMs?: number
  /** `retryAtMs` as it was written, where the writer's clock runs ahead of this one, or the note says too much. */
  readonly writtenRetryAtMs?: number
  /** Whether it was read from the store, and not heard from upstream. */
  readonly isHearsay?: true
  /** What a later version of this library wrote beside these fields; it is written back as it was. */
  readonly carried?: Readonly<Record<string, unknown>>
}

/** Where the failure of an account stands, given its record's key. */
export function failureKey(key: string): string {
  return `${key}:failure`
}

/** A failure as text. Holds what the error shows to anybody: no secret is in it. */
export function encodeFailure(failure: FailureRecord): string {
  const { error, carried, isHearsay: _, writtenRetryAtMs: __, ...rest } = failure
  const { code, message, hint, retryable } = error
  return JSON.stringify({
    ...carried,
    ...rest,
    error: { code, message, hint, retryable, ...('details' in error && { details: error.details }) },
  })
}

/**
 * Reads a failure back, its error as the class it was and in words of this version; `undefined` for anything else. A cool-down
 * that this version would not have written is taken at the longest that it would have.
 */
export function decodeFailure(text: string, wording: Wording): FailureRecord | undefined {
  const { error: stored, errorClass, failures, atMs, retryAtMs: toldMs, aheadAtMs, ...others } = parseObject(text) ?? {}
  if (!isObject(stored) || !isMoment(atMs) || !isMoment(toldMs) || !isCount(failures)) return undefined
  if (!isErrorClass(errorClass) || toldMs <= atMs) return undefined
  const retryAtMs = Math.min(toldMs, atMs + longestCoolDownOf(errorClass, codeCoolDownMs(wording, stored)))
  const error = storedError(wording, stored, errorClass)
  const isPatient = isMoment(aheadAtMs) && aheadAtMs > retryAtMs && aheadAtMs <= atMs + longestPatienceMs
  return (
    error && {
      error: withRetryAt(error, retryAtMs),
      errorClass,
      failures,
      atMs,
      retryAtMs,
      ...(isPatient && { aheadAtMs }),
      ...(retryAtMs !== toldMs && { writtenRetryAtMs: toldMs }),
      isHearsay: true,
      ...(Object.keys(others).length > 0 && { carried: others }),
    }
  )
}

function codeCoolDownMs({ spec }: Wording, { details }: Readonly<Record<string, unknown>>): number | undefined {
  const code = isObject(details) ? String(details['platformCode']) : ''
  const seconds = Object.hasOwn(spec.perCode ?? {}, code) ? spec.perCode?.[code]?.coolDownSeconds : undefined
  return seconds === undefined ? undefined : seconds * 1000
}

/** A refresh ahead never waits for longer: a living token's end comes before. */
const longestPatienceMs = 7 * 86_400_000

/** A failure whose writer's clock runs ahead, moved so that it began now: its cool-down gets no longer by that. */
export function inTimeOf(nowMs: number, failure: FailureRecord): FailureRecord {
  const aheadMs = failure.atMs - nowMs
  if (aheadMs <= 0) return failure
  const retryAtMs = failure.retryAtMs - aheadMs
  const { aheadAtMs } = failure
  return {
    ...failure,
    error: withRetryAt(failure.error, retryAtMs),
    atMs: nowMs,
    retryAtMs,
    ...(aheadAtMs !== undefined && { aheadAtMs: aheadAtMs - aheadMs }),
    writtenRetryAtMs: failure.writtenRetryAtMs ?? failure.retryAtMs,
  }
}

/** The same failure, with the moment from which a further call asks again. */
export function withRetryAt(error: AnyLingpaiError, retryAtMs: number): AnyLingpaiError {
  const { message, hint, retryable, cause } = error
  const options = { retryable, retryAtMs, ...(hint !== undefined && { hint }), ...(cause !== undefined && { cause }) }
  switch (error.code) {
    case 'ERR_LINGPAI_PLATFORM':
      return new PlatformError(message, error.details, options)
    case 'ERR_LINGPAI_TRANSPORT':
      return new TransportError(message, error.details, options)
    case 'ERR_LINGPAI_MALFORMED_ANSWER':
      return new MalformedAnswerError(message, error.details, options)
    case 'ERR_LINGPAI_LEASE':
      return new LeaseError(message, options)
    default:
      return error
  }
}

/** The class that decides about a failure that no platform code stands behind. */
export function classOfError(error: AnyLingpaiError): ErrorClass {
  switch (error.code) {
    case 'ERR_LINGPAI_PLATFORM':
      return error.details.errorClass
    case 'ERR_LINGPAI_TRANSPORT':
      // A rejected certificate does not mend itself.
      return error.retryable ? 'transient' : 'unknown'
    case 'ERR_LINGPAI_MALFORMED_ANSWER':
      // A wrong path or a redirect does not mend itself within seconds.
      return error.details.problem === 'not-found' || error.details.problem === 'redirect' ? 'unknown' : 'transient'
    default:
      return 'unknown'
  }
}
