import { ticketProvider } from './ticket-provider.js'

/**
 * `jsapi_ticket` of a corporation, for {@link jsapiConfig}; derived from the token of an app. Each app has its own record of it.
 *
 * @see https://developer.work.weixin.qq.com/document/path/90506 (read 2026-11-20)
 */
export const corpTicket = ticketProvider('corp-ticket', { method: 'GET', url: '/cgi-bin/get_jsapi_ticket' })
