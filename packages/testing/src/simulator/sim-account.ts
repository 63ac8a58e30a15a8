import { ConfigError } from '@lingpai/core'
import type { PlatformName } from './platform-name.js'
import type { TokenBook } from './token-book.js'

/** Settings of an account. Durations are platform seconds, which a time scale divides. */
export interface AccountSettings {
  /** Allowed IP addresses; all if absent. QQ, WeCom, Feishu and DingTalk check them in API calls, WeChat at the token endpoint. */
  readonly ipAllow?: readonly string[]
  /** @default 7200 */
  readonly lifeSeconds?: number
  /** Renew window of sticky tokens. @default 60 for QQ, 300 for WeChat, 0 for WeCom, 1800 for Feishu */
  readonly windowSeconds?: number
  /** How long a token works after a rotation replaced it. @default 300 for WeChat */
  readonly overlapSeconds?: number
  /** Token requests per minute. @default Infinity for QQ, Feishu and DingTalk, 10_000 for the others */
  readonly perMinute?: number
  /** Token requests per day. @default Infinity; 2_000 for WeChat's `token`, 500_000 for its `stable_token` */
  readonly perDay?: number
  /** Concurrent token requests, WeCom only (45033). @default Infinity */
  readonly maxConcurrent?: number
  /** Whether a repeated token has its remaining life or its full life as `expires_in`. @default 'remaining' */
  readonly expiresIn?: 'remaining' | 'full'
  /** Code of WeCom's API for an expired token. @default 42001 */
  readonly expiredCode?: 40014 | 42001
  /** HTTP status of Feishu's API for a token that does not work; both were observed. @default 400 */
  readonly rejectedStatus?: 200 | 400
  /**
   * Feishu: keys of the tenants that installed the app, which makes it a store app. DingTalk: CorpIds of the organisations that use it.
   * @default a self-built app at Feishu, `dingdec0decorp000001` at DingTalk
   */
  readonly tenants?: readonly string[]
  /** Calls from one address in 20 s, DingTalk only; after more, it gets HTML for 5 minutes. @default 10_000 */
  readonly callsIn20Seconds?: number
  /** URL that gets the events with pushed credentials. @default none: `Simulator.push` returns the event */
  readonly pushUrl?: string
}

/** An account of a simulated platform. */
export interface SimAccount {
  /** The platform and the public ids: `qq:<appId>`, `wecom:<corpId>:<agentId>`. */
  readonly id: string
  readonly platform: PlatformName
  /** The public fields, under the names of the providers' credentials. */
  readonly ids: Readonly<Record<string, string>>
  secret: string
  settings: AccountSettings
  /** By kind of token. */
  readonly books: ReadonlyMap<string, TokenBook>
  /** Returns the book of a part of the account, such as a tenant; its kind is `<kind>:<part>`. */
  bookOf(kind: string, part: string): TokenBook
  /** The value that was pushed last. */
  pushed?: string
  /** By kind of ticket. */
  readonly tickets: ReadonlyMap<string, TokenBook>
}

const isCount = (value: unknown): boolean => typeof value === 'number' && value >= 0
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string')

const settingChecks: Readonly<Record<keyof AccountSettings, (value: unknown) => boolean>> = {
  ipAllow: isTexts,
  lifeSeconds: (value) => isCount(value) && value !== 0,
  windowSeconds: isCount,
  overlapSeconds: isCount,
  perMinute: isCount,
  perDay: isCount,
  maxConcurrent: isCount,
  expiresIn: (value) => value === 'remaining' || value === 'full',
  expiredCode: (value) => value === 40014 || value === 42001,
  rejectedStatus: (value) => value === 200 || value === 400,
  tenants: isTexts,
  callsIn20Seconds: isCount,
  pushUrl: (value) => typeof value === 'string' && URL.canParse(value),
}

/**
 * Validates account settings.
 *
 * @throws ConfigError naming the unknown or invalid setting
 */
export function checkedSettings(settings: Readonly<Record<string, unknown>>): AccountSettings {
  for (const [field, value] of Object.entries(settings)) {
    const isGood = (settingChecks as Readonly<Record<string, (value: unknown) => boolean>>)[field]
    if (isGood === undefined) {
      throw new ConfigError(`simulator: an account has no setting ${field}`, { field, problem: 'unknown' })
    }
    if (!isGood(value)) throw new ConfigError(`simulator: ${field} is malformed`, { field, problem: 'malformed' })
  }
  return settings
}
