import { errorClasses, type ErrorClass } from './error-class.js'
import {
  LeaseError,
  MalformedAnswerError,
  PlatformError,
  TransportError,
  type AnyLingpaiError,
  type MalformedAnswerErrorDetails,
  type PlatformErrorDetails,
  type TransportErrorDetails,
} from './errors.js'
import { isCount, isMoment, isObject, parseObject } from './token-record.js'

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
  /** `retryAtMs` as it was written, where the writer's clock runs ahead of this one. */
  readonly writtenRetryAtMs?: number
}

/** No cool-down is longer; a text that says so is damaged. */
const longestCoolDownMs = 7 * 86_400_000

/** Where the failure of an account stands, given its record's key. */
export function failureKey(key: string): string {
  return `${key}:failure`
}

/** A failure as text. Holds what the error shows to anybody: no secret is in it. */
export function encodeFailure({ error, ...rest }: FailureRecord): string {
  const { code, message, hint, retryable } = error
  return JSON.stringify({
    ...rest,
    error: { code, message, hint, retryable, ...('details' in error && { details: error.details }) },
  })
}

/** Reads a failure back, its error as the class it was; `undefined` for anything else. */
export function decodeFailure(text: string): FailureRecord | undefined {
  const fields = parseObject(text)
  const { failures, atMs, retryAtMs, aheadAtMs, errorClass } = fields ?? {}
  if (!isObject(fields?.['error']) || !isMoment(atMs) || !isMoment(retryAtMs) || !isCount(failures)) return undefined
  if (!isErrorClass(errorClass) || !(retryAtMs > atMs && retryAtMs - atMs <= longestCoolDownMs)) return undefined
  const error = errorFrom(fields['error'], retryAtMs)
  const isPatient = isMoment(aheadAtMs) && aheadAtMs > retryAtMs && aheadAtMs - atMs <= longestCoolDownMs
  return error && { error, errorClass, failures, atMs, retryAtMs, ...(isPatient && { aheadAtMs }) }
}

function isErrorClass(value: unknown): value is ErrorClass {
  return errorClasses.some((errorClass) => errorClass === value)
}

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
    writtenRetryAtMs: failure.retryAtMs,
  }
}

function errorFrom(stored: Readonly<Record<string, unknown>>, retryAtMs: number): AnyLingpaiError | undefined {
  const { code, message, hint, retryable, details } = stored
  if (typeof message !== 'string' || !isObject(details)) return undefined
  const options = { retryable: retryable === true, retryAtMs, ...(typeof hint === 'string' && { hint }) }
  const facts: unknown = details
  switch (code) {
    case 'ERR_LINGPAI_PLATFORM':
      return new PlatformError(message, facts as PlatformErrorDetails, options)
    case 'ERR_LINGPAI_TRANSPORT':
      return new TransportError(message, facts as TransportErrorDetails, options)
    case 'ERR_LINGPAI_MALFORMED_ANSWER':
      return new MalformedAnswerError(message, facts as MalformedAnswerErrorDetails, options)
    default:
      return undefined
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
