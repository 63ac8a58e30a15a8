import { ticketProvider } from './ticket-provider.js'

/**
 * `jsapi_ticket` of a corporation, for {@link jsapiConfig}; derived from the token of an app. Each app has its own record of it.
 *
 * @see https://developer.work.weixin.qq.com/document/path/90506 (read 2026-11-20)
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { corpTicket, jsapiConfig } from '@lingpai/provider-wecom'
 *
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * const ticket = tokens.source(corpTicket, corpTicket.credentialsFromEnv())
 * const config = await jsapiConfig(ticket, 'https://example.com/page') // for wx.config
 * ```
 */
export const corpTicket = ticketProvider('corp-ticket', { method: 'GET', url: '/cgi-bin/get_jsapi_ticket' })
