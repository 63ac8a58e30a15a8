import type { CacheReach } from './cache.js'
import type { Endpoint, ErrorClass, PlatformCode } from './error-class.js'

/** Options that all errors of Lingpai have in common. */
export interface LingpaiErrorOptions {
  /** Whether the same call may succeed later without a change of code or configuration. @default false */
  readonly retryable?: boolean
  /** Unix milliseconds before which another call fails immediately. */
  readonly retryAtMs?: number
  /** What a person can do about it, in one sentence. */
  readonly hint?: string
  /** The underlying error, with secrets removed. */
  readonly cause?: unknown
}

/** All error codes. Adding one is a minor release, renaming one is a major release. */
export type LingpaiErrorCode =
  | 'ERR_LINGPAI_CONFIG'
  | 'ERR_LINGPAI_UNAVAILABLE'
  | 'ERR_LINGPAI_TRANSPORT'
  | 'ERR_LINGPAI_MALFORMED_RESPONSE'
  | 'ERR_LINGPAI_PLATFORM'
  | 'ERR_LINGPAI_CACHE'
  | 'ERR_LINGPAI_LEASE'
  | 'ERR_LINGPAI_CLOSED'

const brand = Symbol.for('lingpai.error')

/**
 * Base class of all errors. Test for it with {@link isLingpaiError}: `instanceof` fails between two copies of the
 * library.
 */
export abstract class LingpaiError extends Error {
  abstract readonly code: LingpaiErrorCode
  readonly retryable: boolean
  // Only declared: a field without a value must not exist, so that it is not printed.
  declare readonly retryAtMs?: number
  declare readonly hint?: string
  /**
   * Identifies a framework's own error that ended the call, such as `DYNAMIC_SERVER_USAGE` of Next.js. React and
   * Next.js recognise their errors by this member, so such an error must be rethrown.
   */
  declare readonly digest?: string

  constructor(message: string, { retryable = false, retryAtMs, hint, cause }: LingpaiErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    Object.defineProperty(this, brand, { value: true })
    this.retryable = retryable
    if (retryAtMs !== undefined) this.retryAtMs = retryAtMs
    if (hint !== undefined) this.hint = hint
    const digest = digestOf(cause)
    if (digest !== undefined) this.digest = digest
  }
}

/** The `digest` by which React and frameworks built on it recognise their own control-flow errors. */
export function digestOf(error: unknown): string | undefined {
  const digest = (error as { readonly digest?: unknown } | null | undefined)?.digest
  return typeof digest === 'string' ? digest : undefined
}

/** Invalid input: options, credentials or configuration. Nothing was sent. */
export class ConfigError extends LingpaiError {
  readonly code = 'ERR_LINGPAI_CONFIG'
  override readonly name = 'ConfigError'
  readonly details: ConfigErrorDetails

  constructor(
    message: string,
    details: ConfigErrorDetails = {},
    options: Pick<LingpaiErrorOptions, 'hint' | 'cause'> = {},
  ) {
    super(message, options)
    this.details = details
  }
}

/** Which input was invalid, and how. */
export interface ConfigErrorDetails {
  /** The field, option or environment variable. */
  readonly field?: string
  readonly problem?: 'missing' | 'empty' | 'malformed' | 'unknown' | 'conflict'
}

/** What a call needs cannot be had now. Nothing was sent; the same call may succeed later. */
export class UnavailableError extends LingpaiError {
  readonly code = 'ERR_LINGPAI_UNAVAILABLE'
  override readonly name = 'UnavailableError'
  readonly details: UnavailableErrorDetails

  constructor(message: string, details: UnavailableErrorDetails, options: LingpaiErrorOptions = {}) {
    super(message, { retryable: true, ...options })
    this.details = details
  }
}

/** What cannot be had. */
export interface UnavailableErrorDetails {
  readonly provider: string
  /**
   * - `secret`: its function failed, or did not answer in time
   * - `lifetime`: no token lives that long yet
   * - `queue-full`: too many messages, or refreshes of other accounts, come first
   * - `rate-limit`: messages are sent faster than they may be
   */
  readonly problem: 'secret' | 'lifetime' | 'queue-full' | 'rate-limit'
  /** Field or option that it is about. */
  readonly field?: string
}

/** The network failed: DNS, TLS, a reset, a time-out, or a 5xx without a platform code. Retryable, except where `details.problem` says otherwise. */
export class TransportError extends LingpaiError {
  readonly code = 'ERR_LINGPAI_TRANSPORT'
  override readonly name = 'TransportError'
  readonly details: TransportErrorDetails

  constructor(message: string, details: TransportErrorDetails, options: LingpaiErrorOptions = {}) {
    super(message, { retryable: true, ...options })
    this.details = details
  }
}

/** Details of a failed request. */
export interface TransportErrorDetails {
  readonly provider: string
  /** `connect`: nothing was sent. `timeout`: whether the platform handled the request is unknown. */
  readonly phase: 'connect' | 'timeout' | 'exchange' | 'status'
  readonly status?: number
  /** The system's code, such as `ECONNREFUSED`. */
  readonly systemCode?: string
  /**
   * The cause, if it is known: the server's certificate, a base URL with a wrong scheme or port, the `fetch` option, a
   * proxy, or a framework that ended the render.
   */
  readonly problem?: 'certificate' | 'url' | 'fetch' | 'proxy' | 'framework'
}

/** The response holds no usable token: HTML, truncated JSON, no token field, or an `expires_in` of 0 or less. */
export class MalformedResponseError extends LingpaiError {
  readonly code = 'ERR_LINGPAI_MALFORMED_RESPONSE'
  override readonly name = 'MalformedResponseError'
  readonly details: MalformedResponseErrorDetails

  constructor(message: string, details: MalformedResponseErrorDetails, options: LingpaiErrorOptions = {}) {
    super(message, { retryable: true, ...options })
    this.details = details
  }
}

/** The shape of the malformed response, never its content. */
export interface MalformedResponseErrorDetails {
  readonly provider: string
  readonly problem:
    'not-json' | 'not-an-object' | 'no-token' | 'bad-expires-in' | 'too-large' | 'redirect' | 'not-found' | 'not-text'
  readonly status: number
  /** Length of the body in bytes, up to where it was read. */
  readonly bytes?: number
}

/** The platform responded with an error code. */
export class PlatformError extends LingpaiError {
  readonly code = 'ERR_LINGPAI_PLATFORM'
  override readonly name = 'PlatformError'
  readonly details: PlatformErrorDetails

  constructor(message: string, details: PlatformErrorDetails, options: LingpaiErrorOptions = {}) {
    super(message, options)
    this.details = details
  }
}

/** The platform's error, in its terms and in those of Lingpai. */
export interface PlatformErrorDetails {
  readonly provider: string
  readonly endpoint: Endpoint
  readonly platformCode: PlatformCode
  /** The platform's own message, with secrets masked. */
  readonly platformMessage: string
  readonly errorClass: ErrorClass
  readonly traceId?: string
  readonly status?: number
  /** The IP address of the caller as the platform saw it, if it reported one. */
  readonly ip?: string
}

/**
 * The store failed. `cache-failed` events carry this error; it is thrown only if the call cannot go on without the
 * store.
 */
export class CacheError extends LingpaiError {
  readonly code = 'ERR_LINGPAI_CACHE'
  override readonly name = 'CacheError'
  readonly details: CacheErrorDetails

  constructor(message: string, details: CacheErrorDetails, options: LingpaiErrorOptions = {}) {
    super(message, { retryable: true, ...options })
    this.details = details
  }
}

/** Which operation of the store failed. */
export interface CacheErrorDetails {
  readonly operation: 'get' | 'set' | 'remove' | 'take' | 'commit' | 'release' | 'now' | 'subscribe' | 'close'
  readonly reach: CacheReach
  /**
   * `damaged`: the store responded, but the entry is malformed. It counts as a miss, and the next write replaces it.
   */
  readonly problem: 'failed' | 'timeout' | 'damaged'
}

/** The refresh lease could not be taken in time, because another process holds it. */
export class LeaseError extends LingpaiError {
  readonly code = 'ERR_LINGPAI_LEASE'
  override readonly name = 'LeaseError'

  constructor(message: string, options: LingpaiErrorOptions = {}) {
    super(message, { retryable: true, ...options })
  }
}

/** The manager was closed, or the source was removed. */
export class ClosedError extends LingpaiError {
  readonly code = 'ERR_LINGPAI_CLOSED'
  override readonly name = 'ClosedError'
}

/** Union of all errors; a `switch` on `code` narrows it. */
export type AnyLingpaiError =
  | ConfigError
  | UnavailableError
  | TransportError
  | MalformedResponseError
  | PlatformError
  | CacheError
  | LeaseError
  | ClosedError

/** Whether `error` is an error of Lingpai, from any copy or version of the library. */
export function isLingpaiError(error: unknown): error is AnyLingpaiError {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[brand] === true
}
