import type { Clock, IAccessTokenCache } from '@lingpai/core'
import type { FastifyRequest } from 'fastify'
import type { AccessLog } from './access-log.js'
import type { Actors } from './actors.js'
import type { AccountFeed } from './account-feed.js'
import type { AccountRegister } from './account-register.js'
import type { AccountStatus } from './account-status.js'
import type { Caller } from './caller.js'
import type { ClientKeys } from './keys/client-keys.js'
import type { Sessions } from './keys/session-cookie.js'
import type { HeldOpen } from './held-open.js'
import type { ServedAccount } from './served-account.js'
import type { SharedTime } from './shared-time.js'
import type { Timeline } from './timeline.js'
import type { TokenServerOptions } from './token-server-options.js'

/** What the routes of one server share. */
export interface ServerContext {
  readonly accounts: AccountRegister
  readonly keys: ClientKeys
  readonly manager: TokenServerOptions['manager']
  readonly cache: IAccessTokenCache
  readonly clock: Clock
  /** The clock of the records: what is left of a token is `expiresAtMs - time.nowMs()`. */
  readonly time: Pick<SharedTime, 'nowMs'>
  /** What happens to the accounts. */
  readonly feed: AccountFeed
  /** What happened to them. */
  readonly timeline: Timeline
  readonly options: TokenServerOptions
  /** The visits to the status page. */
  readonly sessions: Sessions
  /** Who was let in, who was not, and who saw a token. */
  readonly access: AccessLog
  /** The bound on what callers keep open. */
  readonly held: HeldOpen
  /** Aborts when the server begins to end: what waits is to answer now. */
  readonly draining: AbortSignal
  /**
   * Who sent the request: by its key, or by the page's cookie. Counts against the key's limit, or, for wrong keys, against the address.
   *
   * @throws ApiError 401, 403 (a cookie without the CSRF marks) or 429
   */
  authenticate(request: FastifyRequest): Caller
  /** The caller that a key's text makes, for requests that carry it elsewhere. The same limits. @throws ApiError 401 or 429 */
  authenticateKey(text: string, request: FastifyRequest): Caller
  /**
   * The account of a name, if it is there and the caller may do this with it.
   *
   * @throws ApiError 404, the same for an account that there is not and for one of others; 403 where only the role is missing
   */
  accountFor(caller: Caller, name: string, right?: 'read' | 'report' | 'admin'): ServedAccount
  /** The status of an account as it is answered. */
  statusOf(account: ServedAccount): AccountStatus
  /** Runs `work`; what the source does over it is put down to `name` in timeline and log. */
  readonly actAs: Actors['actAs']
}
