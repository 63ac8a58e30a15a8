import { ticketProvider } from '@lingpai/core/internal'
import { wechatMp } from './wechat-mp.js'

const source = {
  url: 'https://developers.weixin.qq.com/doc/service/api/invoice/auth/api_getticket.html',
  readOn: '2026-11-20',
}
const path = '/cgi-bin/ticket/getticket'

/**
 * `jsapi_ticket` of a WeChat official account, for `jsapiConfig()`; derived from the token of {@link wechatMp}.
 *
 * Tickets over the other way to a token: `jsapiTicket.extend({ parent: wechatMpPlain })`.
 *
 * @see https://developers.weixin.qq.com/doc/service/api/invoice/auth/api_getticket.html (read 2026-11-20)
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { jsapiConfig, jsapiTicket } from '@lingpai/provider-wechat-mp'
 *
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * const ticket = tokens.source(jsapiTicket, jsapiTicket.credentialsFromEnv())
 * const config = await jsapiConfig(ticket, 'https://example.com/page')
 * ```
 */
export const jsapiTicket = ticketProvider(wechatMp, {
  kind: 'jsapi-ticket',
  source,
  request: { method: 'GET', url: path, query: { type: 'jsapi' } },
})

/**
 * `api_ticket` of a WeChat official account, which signs cards and coupons (卡券); derived from the token of {@link wechatMp}.
 *
 * @see https://developers.weixin.qq.com/doc/service/api/invoice/auth/api_getticket.html (read 2026-11-20)
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { cardTicket } from '@lingpai/provider-wechat-mp'
 *
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * const ticket = await tokens.source(cardTicket, cardTicket.credentialsFromEnv()).getAccessToken()
 * ```
 */
export const cardTicket = ticketProvider(wechatMp, {
  kind: 'card-ticket',
  source,
  request: { method: 'GET', url: path, query: { type: 'wx_card' } },
})
