import type { Clock, IAccessTokenCache, TokenManager } from '@lingpai/core'
import type { AccountRegister } from './account-register.js'
import type { ClientKeys } from './keys/client-keys.js'
import type { ServedAccount } from './served-account.js'

/** Options of `tokenServer`. */
export interface TokenServerOptions {
  /** What is served; a register can be changed while the server runs. */
  readonly accounts: readonly ServedAccount[] | AccountRegister
  /** The manager of the sources, for its events. It stays the caller's to close. */
  readonly manager: Pick<TokenManager, 'on'>
  /** Where the manager keeps its records; the timeline of each account is kept there, too. */
  readonly cache: IAccessTokenCache
  /** Who may ask. Without any, every request is unauthenticated. */
  readonly keys: ClientKeys
  /** @default the clock of this machine */
  readonly clock?: Clock
  /** Whether the server keeps all accounts fresh, also those that nobody asks for. @default true */
  readonly isKeeping?: boolean
  /** Requests a second that a key may send, where the key says nothing else; bursts of twice that are let through. @default 1000 */
  readonly rateLimit?: number
  /** Whether the cookie of the page is for TLS only; set it where a proxy in front does the TLS. @default as the connection is */
  readonly isSecure?: boolean
  /**
   * Signs the cookies of the page, at least 32 bytes: the same for all servers behind one balancer. It is worth as much as all
   * client keys together.
   *
   * @default a random one of this process: people sign in again after a restart
   */
  readonly sessionKey?: string | Uint8Array
  /** Serves `/metrics`, to keys of all accounts; `'public'`: to everybody who can reach it. @default true */
  readonly metrics?: boolean | 'public'
  /** Serves the status page at `/`. @default true */
  readonly page?: boolean
}
