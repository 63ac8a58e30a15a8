import { defineProvider } from '@lingpai/core'
import { wechatMpCommon, type WechatMpCredentials } from './wechat-mp-common.js'

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
