import {
  defineProvider,
  type PlacementSpec,
  type ProviderOverrides,
  type ProviderSpec,
  type ResponseSpec,
  type Secret,
} from '@lingpai/core'
import { errorTables, hints, perCode } from './error-codes.js'

/** Credentials of an official account (公众号), or of a mini program (小程序): both use the same request. */
export interface WechatMpCredentials {
  /** AppID, `wx` and 16 characters; case matters. */
  readonly appId: string
  readonly appSecret: Secret
}

/**
 * WeChat's other API hosts, for `wechatMp.extend(wechatMpHosts.shanghai)`. The default host resolves to the nearest one.
 *
 * With `wechatMpPlain`, all processes of an account must use the same host: the cache treats each host as a separate account,
 * while the tokens replace each other whatever host issued them.
 *
 * @see https://developers.weixin.qq.com/doc/service/Basic_Information/Interface_field_description.html (read 2026-11-20)
 */
export const wechatMpHosts = {
  /** Disaster recovery. */
  backup: { baseUrl: 'https://api2.weixin.qq.com' },
  shanghai: { baseUrl: 'https://sh.api.weixin.qq.com' },
  shenzhen: { baseUrl: 'https://sz.api.weixin.qq.com' },
  hongkong: { baseUrl: 'https://hk.api.weixin.qq.com' },
} as const satisfies Record<string, ProviderOverrides>

const response: ResponseSpec = {
  token: 'access_token',
  expiresIn: 'expires_in',
  code: ['errcode'],
  message: 'errmsg',
  trace: { pattern: /rid: ([0-9a-f-]+)/ },
  ip: [/invalid ip ([^ ,]+)/, /requestIP: ([^ ,]+)/],
}

const placement: PlacementSpec = { in: 'query', name: 'access_token' }

/** The common part of both token endpoints: hosts, fields, errors, names. */
const wechatMpCommon = {
  id: 'wechat-mp',
  account: ['appId'],
  secrets: ['appSecret'],
  // Spellings of one name only: two prefixes could pair the id of one app with the secret of another.
  env: {
    appId: ['WECHAT_MP_APP_ID', 'WECHAT_MP_APPID'],
    appSecret: ['WECHAT_MP_APP_SECRET', 'WECHAT_MP_APPSECRET', 'WECHAT_MP_SECRET'],
  },
  baseUrl: 'https://api.weixin.qq.com',
  fallbackBaseUrls: [wechatMpHosts.backup.baseUrl],
  apiOrigins: Object.values(wechatMpHosts).map(({ baseUrl }) => baseUrl),
  response,
  placement,
  errors: errorTables,
  perCode,
  hints,
  // Practitioners test tokens with it (silenceper/wechat#336); it changes nothing (read 2026-11-20).
  probe: { method: 'GET', url: '/cgi-bin/getcallbackip' },
} as const satisfies Partial<ProviderSpec<WechatMpCredentials>>

/**
 * Access token of a WeChat official account or mini program (公众号、小程序) through `stable_token`.
 *
 * The platform repeats the same token until its last 300 seconds and then returns a new one; both are valid for those 300 seconds.
 * `expires_in` is the remaining life, never below 300. A forced refresh is never requested: only 20 are allowed per day, and each
 * ends the token that other programs use.
 *
 * @see https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken (read 2026-11-20)
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { wechatMp } from '@lingpai/provider-wechat-mp'
 *
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * const app = tokens.source(wechatMp, wechatMp.credentialsFromEnv()) // WECHAT_MP_APP_ID and WECHAT_MP_APP_SECRET
 * const response = await app.fetch('/cgi-bin/getcallbackip')
 * ```
 */
export const wechatMp = defineProvider<WechatMpCredentials>({
  ...wechatMpCommon,
  kind: 'stable',
  source: {
    url: 'https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken',
    readOn: '2026-11-20',
  },
  renewal: {
    mode: 'sticky',
    windowSeconds: 300,
    overlapSeconds: 300,
    attemptsAtSeconds: [290, 200, 100, 40],
    jitterSeconds: 60,
    marginSeconds: 10,
    minIntervalSeconds: 10,
    maxLifeSeconds: 7200,
  },
  request: ({ appId, appSecret }) => ({
    method: 'POST',
    url: '/cgi-bin/stable_token',
    json: { grant_type: 'client_credential', appid: appId, secret: appSecret },
  }),
})

/**
 * Access token of a WeChat official account or mini program (公众号、小程序) through `cgi-bin/token`.
 *
 * Each request creates a new token, and the previous one expires 300 seconds later, so all programs that refresh this app must share
 * one cache with a lease. A worker may use a token from memory for a minute, as in WeChat's reference design. The tokens of this
 * endpoint and those of {@link wechatMp} are independent of each other.
 *
 * @see https://developers.weixin.qq.com/doc/oplatform/developers/dev/AccessToken.html (read 2026-11-20)
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
 *
 * const tokens = new TokenManager({ cache: fileCache({ directory: '/var/lib/wechat' }) }) // the same for all processes
 * const app = tokens.source(wechatMpPlain, wechatMpPlain.credentialsFromEnv())
 * const token = await app.getAccessToken()
 * ```
 */
export const wechatMpPlain = defineProvider<WechatMpCredentials>({
  ...wechatMpCommon,
  kind: 'token',
  source: {
    url: 'https://developers.weixin.qq.com/doc/oplatform/developers/dev/AccessToken.html',
    readOn: '2026-11-20',
  },
  renewal: {
    mode: 'rotate',
    overlapSeconds: 300,
    attemptsAtSeconds: [600],
    jitterSeconds: 120,
    marginSeconds: 10,
    memorySeconds: 60,
    maxLifeSeconds: 7200,
  },
  hints: {
    ...wechatMpCommon.hints,
    45009: {
      en: 'The quota of cgi-bin/token is small: use wechatMp (stable_token), which has its own, far larger quota. Otherwise wait for tomorrow, or reset the quota with POST /cgi-bin/clear_quota/v2 (AppID and AppSecret, no token needed).',
      zh: 'cgi-bin/token 的额度较小：请改用 wechatMp（stable_token），其额度大得多且单独计算。否则请等到次日，或用 POST /cgi-bin/clear_quota/v2 重置（只需 AppID 和 AppSecret，不需要令牌）。',
    },
  },
  request: ({ appId, appSecret }) => ({
    method: 'GET',
    url: '/cgi-bin/token',
    query: { grant_type: 'client_credential', appid: appId, secret: appSecret },
  }),
})
