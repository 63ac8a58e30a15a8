import { defineProvider } from '@lingpai/core'
import { wechatMpCommon, type WechatMpCredentials } from './wechat-mp-common.js'

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
