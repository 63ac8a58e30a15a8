import { ticketProvider } from './ticket-provider.js'

/**
 * `api_ticket` of a WeChat official account, which signs cards and coupons (卡券); derived from the token of `wechatMp`.
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
export const cardTicket = ticketProvider('card-ticket', 'wx_card')
