import { ticketProvider } from './ticket-provider.js'

/**
 * `jsapi_ticket` of a WeChat official account, for {@link jsapiConfig}; derived from the token of `wechatMp`.
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
export const jsapiTicket = ticketProvider('jsapi-ticket', 'jsapi')
