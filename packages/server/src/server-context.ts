import type { Clock, IAccessTokenCache } from '@lingpai/core'
import type { FastifyRequest } from 'fastify'
import type { AccessLog } from './audit/access-log.js'
import type { Actors } from './accounts/actors.js'
import type { AccountFeed } from './accounts/account-feed.js'
import type { AccountRegister } from './accounts/account-register.js'
import type { AccountStatus } from './accounts/account-status.js'
import type { Caller } from './auth/caller.js'
import type { CallLog } from './audit/call-log.js'
import type { ClientKey } from './keys/client-key.js'
import type { ClientKeys } from './keys/client-keys.js'
import type { Sessions } from './auth/session-cookie.js'
import type { HeldOpen } from './http/held-open.js'
import type { ServedAccount } from './accounts/served-account.js'
import type { StoreClock } from './store/store-clock.js'
import type { Timeline } from './audit/timeline.js'
import type { TokenResponder } from './tokens/token-responder.js'
import type { Forward } from './forward/identity.js'
import type { Surrogates } from './forward/surrogate.js'
import type { TokenServerOptions } from './token-server-options.js'

/** What the routes of one server share. */
export interface ServerContext {
  readonly accounts: AccountRegister
  readonly keys: ClientKeys
  readonly manager: TokenServerOptions['manager']
  readonly cache: IAccessTokenCache
  readonly clock: Clock
  /** The clock of the records: a token has `expiresAtMs - time.nowMs()` left. */
  readonly time: Pick<StoreClock, 'nowMs'>
  /** Creates the responses with a token. */
  readonly responder: TokenResponder
  /** Events of the accounts. */
  readonly feed: AccountFeed
  /** Past events of the accounts. */
  readonly timeline: Timeline
  readonly options: TokenServerOptions
  /** Sessions on the status page. */
  readonly sessions: Sessions
  /** Counts and logs who was authenticated, who was not, and who saw a token. */
  readonly access: AccessLog
  /** Reports forwarded calls. */
  readonly calls: CallLog
  /** Tokens that facades hand out where calls are forwarded; absent without a forwarder. Rejects while the cache fails. */
  readonly surrogates?: () => Promise<Surrogates>
  /** Sends calls on; absent without a forwarder, which registers itself here. */
  forward?: Forward
  /** Limits the requests that stay open. */
  readonly held: HeldOpen
  /** Aborts when the server begins to shut down: open requests must end now. */
  readonly draining: AbortSignal
  /**
   * Authenticates a request by its key or by the session cookie. Counts against the key's limit, or for wrong keys against the
   * address's limit.
   *
   * @throws ApiError 401, 403 (a cookie without CSRF protection) or 429
   */
  authenticate(request: FastifyRequest): Caller
  /** Returns the caller of an `authorization` header that carries a valid key. Counts nothing: see `admit`. */
  callerOfKey(authorization: string | undefined): Caller | undefined
  /** Returns the caller of a valid key. Counts nothing. */
  callerOf(key: ClientKey): Caller
  /** Counts a request against the limit of its key. @returns the caller @throws ApiError 429 */
  withinLimit(caller: Caller, request: FastifyRequest): Caller
  /** Counts a request at this moment of the monotonic clock against the limit of its key. @returns false and counts nothing beyond the limit */
  admit(caller: Caller, nowMs: number): boolean
  /** Authenticates a key that a request carries elsewhere, with the same limits. @throws ApiError 401 or 429 */
  authenticateKey(text: string, request: FastifyRequest): Caller
  /**
   * Returns an account if the caller has the right.
   *
   * @throws ApiError 404 for an unknown account and for one of other keys; 403 if only the role is missing
   */
  accountFor(caller: Caller, name: string, right?: 'read' | 'token' | 'report' | 'admin'): ServedAccount
  /** Returns the status of an account as clients receive it. */
  statusOf(account: ServedAccount): AccountStatus
  /** Runs `work` and attributes the events that it causes to `name` in timeline and log. */
  readonly actAs: Actors['actAs']
}
