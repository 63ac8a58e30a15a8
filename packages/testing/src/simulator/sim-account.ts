import type { PlatformName } from './platform-name.js'
import type { TokenBook } from './token-book.js'

/** What can differ between accounts. Durations are platform seconds: a time scale shrinks them. */
export interface AccountSettings {
  /** Addresses that may call; any may when absent. QQ and WeCom ask at the API, WeChat at the token endpoint. */
  readonly ipAllow?: readonly string[]
  /** @default 7200 */
  readonly lifeSeconds?: number
  /** Renew window of sticky tokens. @default 60 for QQ, 300 for WeChat, 0 for WeCom */
  readonly windowSeconds?: number
  /** How long a token works once a rotation replaced it. @default 300 for WeChat */
  readonly overlapSeconds?: number
  /** Token requests in a minute. @default Infinity for QQ, 10_000 for the others */
  readonly perMinute?: number
  /** Token requests in a day. @default Infinity; 2_000 for WeChat's `token`, 500_000 for its `stable_token` */
  readonly perDay?: number
  /** Token requests at the same time, WeCom only (45033). @default Infinity */
  readonly maxConcurrent?: number
  /** Whether a repeated token is told with what is left of its life, or with all of it. @default 'remaining' */
  readonly expiresIn?: 'remaining' | 'full'
  /** What WeCom's API says to an expired token. @default 42001 */
  readonly expiredCode?: 40014 | 42001
}

/** An account of a simulated platform. */
export interface SimAccount {
  /** `qq:<appId>`, `wechat:<appId>` or `wecom:<corpId>:<agentId>`. */
  readonly id: string
  readonly platform: PlatformName
  /** The public parts, by the names that the providers' credentials use. */
  readonly ids: Readonly<Record<string, string>>
  secret: string
  settings: AccountSettings
  /** By kind of token. */
  readonly books: ReadonlyMap<string, TokenBook>
}
