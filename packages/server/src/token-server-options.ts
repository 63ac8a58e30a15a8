import type { Clock, IAccessTokenCache, TokenManager } from '@lingpai/core'
import type { AccountRegister } from './accounts/account-register.js'
import type { ClientKeys } from './keys/client-keys.js'
import type { ForwardOptions } from './forward/forward-options.js'
import type { ServedAccount } from './accounts/served-account.js'

/** Options of `tokenServer`. */
export interface TokenServerOptions {
  /** Accounts to serve. A register can be changed while the server runs. */
  readonly accounts: readonly ServedAccount[] | AccountRegister
  /** The manager of the sources, for its events. The caller closes it. */
  readonly manager: Pick<TokenManager, 'on'>
  /** The cache of the manager. The timeline of each account is stored there, too. */
  readonly cache: IAccessTokenCache
  /** Client keys. Without keys, every request fails authentication. */
  readonly keys: ClientKeys
  /** @default the clock of this machine */
  readonly clock?: Clock
  /** Whether the server refreshes all accounts in the background, including those without requests. @default true */
  readonly isKeeping?: boolean
  /** Requests per second for a key without a limit of its own; bursts of twice that number are allowed. @default 1000 */
  readonly rateLimit?: number
  /** Whether the session cookie requires TLS; set it if a proxy in front terminates TLS. @default as the connection is */
  readonly isSecure?: boolean
  /**
   * Signs session cookies, at least 32 bytes, and the same for all servers behind one load balancer. Protect it like all client
   * keys together.
   *
   * @default random for this process, so users sign in again after a restart
   */
  readonly sessionKey?: string | Uint8Array
  /** Serves `/metrics` to keys with all accounts, or with `'public'` to every client. @default true */
  readonly metrics?: boolean | 'public'
  /**
   * Sends the calls of the platforms' APIs on, so that an SDK joins by its base URL alone. The facades then hand out surrogates, which work
   * only on this server, and the real tokens stay in it. @default false
   */
  readonly forward?: boolean | ForwardOptions
  /** Serves the status page at `/`. @default true */
  readonly page?: boolean
}
