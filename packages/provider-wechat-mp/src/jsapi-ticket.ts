import { ticketProvider } from './ticket-provider.js'

/**
 * `jsapi_ticket` of a WeChat official account, for {@link jsapiConfig}; derived from the token of `wechatMp`.
 *
 * Tickets over the other way to a token: `jsapiTicket.extend({ parent: wechatMpPlain })`.
 *
 * @see https://developers.weixin.qq.com/doc/service/api/invoice/auth/api_getticket.html (read 2026-11-20)
 */
export const jsapiTicket = ticketProvider('jsapi-ticket', 'jsapi')
