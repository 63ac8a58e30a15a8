import type { Account } from './account.js'
import type { ApiErrorTables } from './provider/classify.js'
import type { ErrorClass, PlatformCode } from './error-class.js'
import type { LingpaiErrorCode } from './errors.js'
import type { PlatformResponse, SecretRequestBuilder } from './platform-response.js'
import type { TokenRecord } from './token-record.js'

/** Options of a call that needs a token. */
export interface GetTokenOptions {
  /** Aborts this caller's wait with the signal's reason. The refresh continues for other callers. */
  readonly signal?: AbortSignal
  /** Least remaining life of the token in milliseconds; at most half of its whole life. @default 0 */
  readonly minLifeMs?: number
}

/** Options of a forced refresh. */
export interface RefreshOptions {
  /**
   * Why the refresh is forced. The event `refreshed` carries it beside the `reason` `requested`. One that contains a
   * secret of the account, or one of its tokens, is rejected with a ConfigError.
   */
  readonly note?: string
  /** Aborts this caller's wait. The refresh continues. */
  readonly signal?: AbortSignal
}

/** Options of a request with a secret. */
export interface SecretRequestOptions {
  /** Aborts the request with the signal's reason. */
  readonly signal?: AbortSignal
}

/** A token that an API rejected: the token itself, or its generation. */
export type RejectedToken = string | { readonly generation: number }

/** A token that another program fetched. */
export interface OutsideToken {
  /** The token as the platform gave it. */
  readonly value: string
  /** Unix milliseconds at which the token expires. */
  readonly expiresAtMs: number
}

/** Options of adopting a token. */
export interface AdoptOptions {
  /** Aborts this caller's wait with the signal's reason. The adoption continues. */
  readonly signal?: AbortSignal
  /**
   * Whether an account that has a usable token keeps it, and `adopt` returns its record. For a token that may be older,
   * such as one from another program's store.
   *
   * @default false
   */
  readonly onlyIfNone?: boolean
}

/** Options of the background refresh. */
export interface BackgroundRefreshOptions {
  /** Stops the background refresh. */
  readonly signal?: AbortSignal
}

/** Status of an account. */
export interface SourceStatus {
  /**
   * - `none`: nothing is known yet
   * - `refreshing`: a refresh is under way
   * - `valid`: the token is fresh
   * - `expiring`: past `refreshAtMs`, still served
   * - `expired`: without a usable token
   * - `failing`: without a usable token, and the last refresh failed
   */
  readonly state: 'none' | 'refreshing' | 'valid' | 'expiring' | 'expired' | 'failing'
  readonly account: Account
  /** Number of the token in memory. */
  readonly generation?: number
  /** Unix milliseconds at which the request for the token was sent. */
  readonly issuedAtMs?: number
  /** Unix milliseconds at which the token expires. */
  readonly expiresAtMs?: number
  /** The next attempt to refresh ahead, in Unix milliseconds. */
  readonly refreshAtMs?: number
  /** Absent after a refresh that succeeded. */
  readonly lastFailure?: FailureSummary
  /** Whether the background refresh is running. */
  readonly hasBackgroundRefresh: boolean
}

/** The last failure since the last successful refresh. */
export interface FailureSummary {
  readonly code: LingpaiErrorCode
  readonly errorClass: ErrorClass
  readonly message: string
  /** What a person can do. */
  readonly hint?: string
  /** The platform's own code, if it responded with one. */
  readonly platformCode?: PlatformCode
  /** Number of failures in a row. */
  readonly failures: number
  /** Unix milliseconds at which it failed. */
  readonly atMs: number
  /** Unix milliseconds at which its cool-down ends. */
  readonly retryAtMs: number
}

/** The tokens of one account: never an expired token, never a redundant refresh. */
export interface TokenSource {
  /** The public part of the credentials. */
  readonly account: Account
  /** Origins that the token may be sent to: the provider's base URLs and its `apiOrigins`. */
  readonly apiOrigins: readonly string[]
  /** The error tables of the provider, with what `extend()` added. `classify` and `platformError` take them. */
  readonly errorTables: ApiErrorTables
  /**
   * Returns a token that is usable now: from memory without any I/O, otherwise from the cache or from upstream.
   *
   * @throws PlatformError, TransportError, MalformedResponseError, UnavailableError or LeaseError if no usable token can be
   * had; all callers that wait for one refresh get the same error
   * @throws ConfigError for credentials that cannot be sent, or a `minLifeMs` that no token can meet
   * @throws ClosedError if the manager was closed or the source removed
   * @throws the signal's reason after an abort
   * @example
   * ```ts
   * import { isLingpaiError, type TokenSource } from '@lingpai/core'
   *
   * export async function tokenFor(source: TokenSource): Promise<string | undefined> {
   *   try {
   *     return await source.getAccessToken({ minLifeMs: 60_000, signal: AbortSignal.timeout(3000) })
   *   } catch (error) {
   *     if (isLingpaiError(error)) console.error(error.code, error.hint)
   *     return undefined
   *   }
   * }
   * ```
   */
  getAccessToken(options?: GetTokenOptions): Promise<string>
  /** Returns the token with its generation and times. @throws as {@link getAccessToken} */
  getRecord(options?: GetTokenOptions): Promise<TokenRecord>
  /** Returns the token in memory if it is usable now. Synchronous: it neither does nor starts any I/O. */
  peek(): string | undefined
  /**
   * Returns the value of the header that carries the token, such as `QQBot <token>`.
   *
   * @throws ConfigError if the platform takes the token in the URL; otherwise as {@link getAccessToken}
   */
  authorizationHeader(options?: GetTokenOptions): Promise<string>
  /**
   * Reports that an API rejected a token. Refreshes only if it is the current token; otherwise the current token is
   * returned.
   *
   * @param rejected the token, or `{ generation }`; a bare number would look like the platform's code
   * @param code the API's error code; must be a token error in the provider's table, so that no other error causes a
   * refresh
   * @returns the token to use instead
   * @throws ConfigError if `rejected` is neither a token nor a generation, or `code` is not a token error; otherwise as
   * {@link getAccessToken}
   */
  reportRejected(rejected: RejectedToken, code?: PlatformCode, options?: GetTokenOptions): Promise<string>
  /**
   * Forces a refresh. All callers that force one at the same time share it, across processes. On a platform that gives
   * the same token again, the record may be the same as before.
   *
   * @throws the error of the refresh, even if the old token still works; otherwise as {@link getAccessToken}
   */
  refresh(options?: RefreshOptions): Promise<TokenRecord>
  /**
   * Makes a token that another program fetched the account's record, for all processes, with the next generation. It
   * replaces the token of a refresh that began before this call. A token that was requested after this call takes
   * precedence and is returned instead. While the cache is down, the record stays in memory and is written later.
   *
   * @throws ConfigError naming the field, for a token that an API has rejected, and for a read-only source or one of a
   * token server
   * @throws LeaseError if another process holds the lease for too long
   */
  adopt(token: OutsideToken, options?: AdoptOptions): Promise<TokenRecord>
  /**
   * Runs `fn` with a token. If it throws or returns a token error of the platform, the token is reported as rejected
   * and `fn` runs once more with another token. The outcome of the second run is final.
   *
   * @throws what `fn` throws; otherwise as {@link getAccessToken}
   * @example
   * ```ts
   * import type { TokenSource } from '@lingpai/core'
   *
   * export function botUser(source: TokenSource): Promise<unknown> {
   *   return source.withToken(async (token) => {
   *     const response = await fetch('https://api.sgroup.qq.com/users/@me', { headers: { Authorization: `QQBot ${token}` } })
   *     return response.json()
   *   })
   * }
   * ```
   */
  withToken<T>(fn: (token: string) => T | Promise<T>, options?: GetTokenOptions): Promise<T>
  /**
   * `fetch` that adds the token. On a token error in the response, the token is reported as rejected and the call is
   * repeated once with another token, unless its body cannot be sent twice. Calls are not repeated after a timeout. Any
   * other response is returned unchanged.
   *
   * It needs no `this`, so HTTP clients can take it directly: `ky.create({ fetch: source.fetch })`.
   *
   * @param input a path that starts with `/` is appended to the provider's API base
   * @throws ConfigError before the token is sent to an origin that is not the provider's
   * @throws as {@link getAccessToken}, or as the `fetch` of the manager
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /**
   * Sends a request that carries the account's secret but is not a token request, such as a login with a code. The
   * secret never leaves the library: `build` describes the request, and the response is returned as the platform sent
   * it. If the platform reports a wrong secret, a secret that is a function is called again and the request is sent
   * once more. No other response causes a repetition.
   *
   * @param build a pure function; a path is appended to the provider's `baseUrl`
   * @throws TransportError or MalformedResponseError if the platform gave no usable response
   * @throws ConfigError for credentials that cannot be sent
   */
  requestWithSecret(build: SecretRequestBuilder, options?: SecretRequestOptions): Promise<PlatformResponse>
  /**
   * Starts to refresh ahead in the background, even without calls. It never gives up. Starting it twice has no effect.
   *
   * @throws ClosedError
   */
  startBackgroundRefresh(options?: BackgroundRefreshOptions): void
  /** Stops the background refresh, if it is running. */
  stopBackgroundRefresh(): void
  /** Returns the status of the account, from memory alone. */
  status(): SourceStatus
  /**
   * Validates the credentials without any request.
   *
   * @throws ConfigError for credentials that are missing, empty or malformed
   */
  validate(): void
  /**
   * Removes the record from memory and from the cache. Report a rejected token with `reportRejected` instead.
   *
   * @throws CacheError if the cache fails
   */
  clear(): Promise<void>
  /** Returns the account, which holds neither the secret nor the token. */
  toJSON(): Account
  /** Returns the display name of the account, such as `wecom:ww1:1000002`. */
  toString(): string
}
