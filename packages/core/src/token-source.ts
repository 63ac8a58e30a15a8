import type { Account } from './account.js'
import type { ApiErrorTables } from './provider/classify.js'
import type { ErrorClass, PlatformCode } from './error-class.js'
import type { LingpaiErrorCode } from './errors.js'
import type { PlatformResponse, SecretRequestBuilder } from './platform-response.js'
import type { TokenRecord } from './token-record.js'

/** What a caller asks of a token. */
export interface GetTokenOptions {
  /** Ends this caller's wait with the signal's reason; the refresh goes on for the others. */
  readonly signal?: AbortSignal
  /** The token must live at least this long, milliseconds; at most half of a token's life. @default 0 */
  readonly minLifeMs?: number
}

/** How a refresh is forced. */
export interface RefreshOptions {
  /** Why, for the event `refreshed`, whose `reason` is `requested`; must not be a secret. */
  readonly note?: string
  /** Ends this caller's wait; the refresh goes on. */
  readonly signal?: AbortSignal
}

/** How a request with a secret is sent. */
export interface SecretRequestOptions {
  /** Ends the request with the signal's reason. */
  readonly signal?: AbortSignal
}

/** A token that an API rejected: the token itself, or its generation. */
export type RejectedToken = string | { readonly generation: number }

/** A token that another program fetched. */
export interface OutsideToken {
  readonly value: string
  /** Unix milliseconds at which the platform lets it die. */
  readonly expiresAtMs: number
}

/** How a source is kept fresh. */
export interface KeepOptions {
  /** Ends the background refresh. */
  readonly signal?: AbortSignal
}

/** Where an account stands. */
export interface SourceStatus {
  /**
   * `none`: nothing known yet; `refreshing`: upstream is being asked; `valid`; `expiring`: past the soft point, still served;
   * `expired`: no usable token; `failing`: no usable token, and the last refresh failed.
   */
  readonly state: 'none' | 'refreshing' | 'valid' | 'expiring' | 'expired' | 'failing'
  readonly account: Account
  readonly generation?: number
  /** Unix milliseconds. */
  readonly issuedAtMs?: number
  readonly expiresAtMs?: number
  /** Next try to refresh ahead, Unix milliseconds. */
  readonly refreshAtMs?: number
  readonly lastFailure?: FailureSummary
  /** Whether the background refresh runs. */
  readonly isKept: boolean
}

/** The last failed refresh since the last that went well. */
export interface FailureSummary {
  readonly code: LingpaiErrorCode
  readonly errorClass: ErrorClass
  readonly message: string
  readonly hint?: string
  readonly platformCode?: PlatformCode
  readonly failures: number
  readonly atMs: number
  readonly retryAtMs: number
}

/** The handle of one account: its tokens, never a dead one, never one refresh too many. */
export interface TokenSource {
  readonly account: Account
  /** The origins that the token may be sent to: the provider's bases and its `apiOrigins`. */
  readonly apiOrigins: readonly string[]
  /** How the platform's API says no, with what `extend()` added: what `classify` and `platformError` take. */
  readonly errorTables: ApiErrorTables
  /**
   * A token that is usable now.
   *
   * @throws PlatformError, TransportError, MalformedAnswerError or LeaseError when no usable token can be had: waiters of one refresh get
   * the same error. ConfigError for credentials that cannot be sent. The signal's own reason after an abort.
   */
  getAccessToken(options?: GetTokenOptions): Promise<string>
  /** The same with generation and times. */
  getRecord(options?: GetTokenOptions): Promise<TokenRecord>
  /** The token if one is usable in memory now; does no I/O and starts none. */
  peek(): string | undefined
  /** The header value of platforms that take one, such as `QQBot <token>`. @throws ConfigError where the token goes into the URL */
  authorizationHeader(options?: GetTokenOptions): Promise<string>
  /**
   * Tells that an API refused a token. Refreshes only if it is still the current one; any other current token is returned as it is.
   *
   * @param rejected the token, or `{ generation }`; a bare number would read like the platform's code
   * @param code what the API answered; must be a token error in the provider's table, so that nothing else causes a refresh
   * @returns the token to use instead
   * @throws ConfigError for what is neither a token nor a generation, and for a code that is not a token error
   */
  reportRejected(rejected: RejectedToken, code?: PlatformCode, options?: GetTokenOptions): Promise<string>
  /**
   * One refresh now, whatever the state; shared by all who ask at the same time, in all processes. On a platform that repeats its token the
   * record may be the same as before.
   */
  refresh(options?: RefreshOptions): Promise<TokenRecord>
  /**
   * Makes a token that came from outside the record of the account, for all processes, with the next generation. It replaces what a
   * refresh brings that began before; a token that was asked for after this call counts for more, and is given back in its place.
   * While the cache is down it is kept in memory, and written later.
   *
   * @throws ConfigError naming the field, for a token that an API has rejected, and for a read-only source or one of a token server;
   * LeaseError when another process holds the lease for too long
   */
  adopt(token: OutsideToken, options?: { readonly signal?: AbortSignal }): Promise<TokenRecord>
  /**
   * Runs `fn` with a token. When it throws, or returns, a token error of the platform, that is reported and `fn` runs once more with the
   * other token; what the second run gives is the result.
   */
  withToken<T>(fn: (token: string) => T | Promise<T>, options?: GetTokenOptions): Promise<T>
  /**
   * `fetch` with the token in place. A token error in the reply is reported and the call repeated once with the other token, unless its body
   * cannot be sent twice; nothing is repeated after a time-out. Any other reply comes back as the platform sent it.
   *
   * It needs no `this`: HTTP clients take it as it is, `ky.create({ fetch: source.fetch })`.
   *
   * @param input a path starting with `/` goes below the provider's API base
   * @throws ConfigError before the token is sent to an origin that is not the provider's
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /**
   * Sends a request that carries the account's secret and is no token request, such as a login with a code. The secret stays
   * inside: `build` describes the request, and the response comes back as the platform sent it. If the platform calls the secret
   * wrong, a secret that is a function is asked again, and the request is sent once more. No other response is repeated.
   *
   * @param build pure; a path goes below the provider's `baseUrl`
   * @throws TransportError or MalformedAnswerError where the platform gave no response, ConfigError for credentials that cannot be sent
   */
  requestWithSecret(build: SecretRequestBuilder, options?: SecretRequestOptions): Promise<PlatformResponse>
  /** Refreshes ahead even when nobody calls; never gives up. Starting twice is starting once. */
  startBackgroundRefresh(options?: KeepOptions): void
  /** Ends the background refresh; harmless when there is none. */
  stopBackgroundRefresh(): void
  /** Where the account stands, from memory alone. */
  status(): SourceStatus
  /** @throws ConfigError for credentials that are missing, empty or malformed, before any request */
  validate(): void
  /** Forgets the record in memory and in the cache. Not meant for rejected tokens: report those. */
  clear(): Promise<void>
  /** The account; never the secret, never the token. */
  toJSON(): Account
  /** `wecom:ww1:1000002`. */
  toString(): string
}
