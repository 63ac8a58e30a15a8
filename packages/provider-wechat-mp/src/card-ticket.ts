import { ticketProvider } from './ticket-provider.js'

/**
 * `api_ticket` of a WeChat official account, which signs cards and coupons (卡券); derived from the token of `wechatMp`.
 *
 * @see https://developers.weixin.qq.com/doc/service/api/invoice/auth/api_getticket.html (read 2026-11-20)
 */
export const cardTicket = ticketProvider('card-ticket', 'wx_card')
