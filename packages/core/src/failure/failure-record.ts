import type { ErrorClass } from '../error-class.js'
import {
  LeaseError,
  MalformedResponseError,
  PlatformError,
  TransportError,
  UnavailableError,
  type AnyLingpaiError,
} from '../errors.js'
import { longestCoolDownOf } from './policy.js'
import { isErrorClass, storedError, type Wording } from './stored-error.js'
import { isCount, isMoment, isObject, parseObject } from '../token-record.js'

/**
 * A failed refresh as the cache stores it beside the record, so that all processes that share the cache observe the
 * cool-down.
 */
export interface FailureRecord {
  readonly error: AnyLingpaiError
  readonly errorClass: ErrorClass
  /** Failures in a row. */
  readonly failures: number
  readonly atMs: number
  readonly retryAtMs: number
  /** When a refresh ahead is attempted again, if that is later than for callers without a token. */
  readonly aheadAtMs?: number
  /**
   * `retryAtMs` as it was written, if it was reduced on reading: the writer's clock was ahead, or the entry exceeded
   * the longest cool-down.
   */
  readonly writtenRetryAtMs?: number
  /** Whether it was read from the store instead of received from upstream. */
  readonly isHearsay?: true
  /** Fields that a later version of this library wrote; written back unchanged. */
  readonly carried?: Readonly<Record<string, unknown>>
}

/** The cache key of an account's failure, for the key of its record. */
export function failureKey(key: string): string {
  return `${key}:failure`
}

/** Encodes a failure as text. It contains only what the error shows, so no secret. */
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
 * Parses a failure, with its error rebuilt in the texts of this version; `undefined` if it is malformed. A cool-down
 * that is longer than any that this version writes is reduced to the longest.
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

/** Longest wait of a refresh ahead: live tokens expire earlier. */
const longestPatienceMs = 7 * 86_400_000

/** Moves a failure from a writer whose clock is ahead so that it starts now. Its cool-down does not get longer. */
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

/** Copies an error with the moment of the next attempt. */
export function withRetryAt(error: AnyLingpaiError, retryAtMs: number): AnyLingpaiError {
  const { message, hint, retryable, cause } = error
  const options = { retryable, retryAtMs, ...(hint !== undefined && { hint }), ...(cause !== undefined && { cause }) }
  switch (error.code) {
    case 'ERR_LINGPAI_PLATFORM':
      return new PlatformError(message, error.details, options)
    case 'ERR_LINGPAI_TRANSPORT':
      return new TransportError(message, error.details, options)
    case 'ERR_LINGPAI_MALFORMED_RESPONSE':
      return new MalformedResponseError(message, error.details, options)
    case 'ERR_LINGPAI_UNAVAILABLE':
      return new UnavailableError(message, error.details, options)
    case 'ERR_LINGPAI_LEASE':
      return new LeaseError(message, options)
    default:
      return error
  }
}

/** Returns the class of an error, for errors without a platform code, too. */
export function classOfError(error: AnyLingpaiError): ErrorClass {
  switch (error.code) {
    case 'ERR_LINGPAI_PLATFORM':
      return error.details.errorClass
    case 'ERR_LINGPAI_TRANSPORT':
      // Waiting does not solve a rejected certificate.
      return error.retryable ? 'transient' : 'unknown'
    case 'ERR_LINGPAI_MALFORMED_RESPONSE':
      // Waiting for seconds does not solve a wrong path or a redirect.
      return error.details.problem === 'not-found' || error.details.problem === 'redirect' ? 'unknown' : 'transient'
    case 'ERR_LINGPAI_UNAVAILABLE':
      return 'transient'
    default:
      return 'unknown'
  }
}
