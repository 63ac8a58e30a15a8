import type { CacheReach } from './cache.js'
import type { Endpoint, ErrorClass, PlatformCode } from './error-class.js'

/** What every error of Lingpai is made of. `cause` has been scrubbed of secrets before it gets here. */
export interface LingpaiErrorOptions {
  /** Whether the same call may succeed later without anybody changing anything. @default false */
  readonly retryable?: boolean
  /** Unix milliseconds before which a further call fails at once. */
  readonly retryAtMs?: number
  /** One sentence for a person: what to do. */
  readonly hint?: string
  /** What it came from, scrubbed of secrets. */
  readonly cause?: unknown
}

/** Every code, closed: adding one is a minor release, renaming one a major. */
export type LingpaiErrorCode =
  | 'ERR_LINGPAI_CONFIG'
  | 'ERR_LINGPAI_UNAVAILABLE'
  | 'ERR_LINGPAI_TRANSPORT'
  | 'ERR_LINGPAI_MALFORMED_ANSWER'
  | 'ERR_LINGPAI_PLATFORM'
  | 'ERR_LINGPAI_CACHE'
  | 'ERR_LINGPAI_LEASE'
  | 'ERR_LINGPAI_CLOSED'

const brand = Symbol.for('lingpai.error')

/** Root of all errors. Ask with {@link isLingpaiError}: `instanceof` fails between two copies of the library. */
export abstract class LingpaiError extends Error {
  abstract readonly code: LingpaiErrorCode
  readonly retryable: boolean
  // Declared only: a field that was not given is not to be there, nor in what is printed.
  declare readonly retryAtMs?: number
  declare readonly hint?: string
  /**
   * The mark of a framework's own error, such as `DYNAMIC_SERVER_USAGE` of Next.js, that ended the call. React and Next.js recognise
   * their errors by this member, so such an error must be thrown on.
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

/** How React and the frameworks on it mark an error that is a signal to themselves. */
export function digestOf(error: unknown): string | undefined {
  const digest = (error as { readonly digest?: unknown } | null | undefined)?.digest
  return typeof digest === 'string' ? digest : undefined
}

/** Bad input of the caller: options, credentials, configuration. Nothing was sent. */
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

/** Which input was bad, and how. */
export interface ConfigErrorDetails {
  /** Field, option or environment variable. */
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
   * - `queue-full`, `rate-limit`: messages are sent faster than they may be
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

/** What is known of a failed request. */
export interface TransportErrorDetails {
  readonly provider: string
  /** `connect`: nothing was sent. `timeout`: the outcome at the platform is not known. */
  readonly phase: 'connect' | 'timeout' | 'exchange' | 'status'
  readonly status?: number
  /** The system's code, such as `ECONNREFUSED`. */
  readonly systemCode?: string
  /** What stands in the way: the server's certificate, the `fetch` option, a proxy, or a framework that ended the render. */
  readonly problem?: 'certificate' | 'fetch' | 'proxy' | 'framework'
}

/** The platform answered something that is no answer: HTML, half a JSON, no token, an `expires_in` of 0 or less. */
export class MalformedAnswerError extends LingpaiError {
  readonly code = 'ERR_LINGPAI_MALFORMED_ANSWER'
  override readonly name = 'MalformedAnswerError'
  readonly details: MalformedAnswerErrorDetails

  constructor(message: string, details: MalformedAnswerErrorDetails, options: LingpaiErrorOptions = {}) {
    super(message, { retryable: true, ...options })
    this.details = details
  }
}

/** The shape of the bad answer, never its content. */
export interface MalformedAnswerErrorDetails {
  readonly provider: string
  readonly problem:
    'not-json' | 'not-an-object' | 'no-token' | 'bad-expires-in' | 'too-large' | 'redirect' | 'not-found' | 'not-text'
  readonly status: number
  /** Length of the body in bytes, as far as it was read. */
  readonly bytes?: number
}

/** The platform refused, with a code of its own. */
export class PlatformError extends LingpaiError {
  readonly code = 'ERR_LINGPAI_PLATFORM'
  override readonly name = 'PlatformError'
  readonly details: PlatformErrorDetails

  constructor(message: string, details: PlatformErrorDetails, options: LingpaiErrorOptions = {}) {
    super(message, options)
    this.details = details
  }
}

/** The refusal, in the platform's terms and in ours. */
export interface PlatformErrorDetails {
  readonly provider: string
  readonly endpoint: Endpoint
  readonly platformCode: PlatformCode
  /** The platform's own words, secrets masked. */
  readonly platformMessage: string
  readonly errorClass: ErrorClass
  readonly traceId?: string
  readonly status?: number
  /** The address that the platform saw, where it named one. */
  readonly ip?: string
}

/** The store failed; carried by `cache-failed` events, and thrown only where nothing else can be done. */
export class CacheError extends LingpaiError {
  readonly code = 'ERR_LINGPAI_CACHE'
  override readonly name = 'CacheError'
  readonly details: CacheErrorDetails

  constructor(message: string, details: CacheErrorDetails, options: LingpaiErrorOptions = {}) {
    super(message, { retryable: true, ...options })
    this.details = details
  }
}

/** Which step of the store failed. */
export interface CacheErrorDetails {
  readonly operation: 'get' | 'set' | 'remove' | 'take' | 'commit' | 'release' | 'now' | 'subscribe' | 'close'
  readonly reach: CacheReach
  /** `damaged`: the store answered, but what it holds is no record; it counts as a miss and the next write heals it. */
  readonly problem: 'failed' | 'timeout' | 'damaged'
}

/** The right to refresh was not to be had in time: another process holds it. */
export class LeaseError extends LingpaiError {
  readonly code = 'ERR_LINGPAI_LEASE'
  override readonly name = 'LeaseError'

  constructor(message: string, options: LingpaiErrorOptions = {}) {
    super(message, { retryable: true, ...options })
  }
}

/** The manager was closed, or the source removed. */
export class ClosedError extends LingpaiError {
  readonly code = 'ERR_LINGPAI_CLOSED'
  override readonly name = 'ClosedError'
}

/** Any of the errors, for a `switch` on `code` that narrows. */
export type AnyLingpaiError =
  | ConfigError
  | UnavailableError
  | TransportError
  | MalformedAnswerError
  | PlatformError
  | CacheError
  | LeaseError
  | ClosedError

/** Whether `error` is one of Lingpai's, of whichever copy or version of the library. */
export function isLingpaiError(error: unknown): error is AnyLingpaiError {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[brand] === true
}
