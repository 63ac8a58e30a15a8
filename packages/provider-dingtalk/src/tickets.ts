import { ticketProvider } from '@lingpai/core/internal'
import { dingtalk } from './dingtalk.js'

/**
 * `jsapiTicket` of an app, derived from its token, for pages that sign for DingTalk's JSAPI. This package has no function that signs a
 * page. What a repeated request returns is not documented, so one response is trusted for an hour.
 *
 * @see https://open.dingtalk.com/document/development/create-a-jsapi-ticket (2026-04-29, read 2026-11-28)
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { jsapiTicket } from '@lingpai/provider-dingtalk'
 *
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * const ticket = tokens.source(jsapiTicket, jsapiTicket.credentialsFromEnv())
 * const value = await ticket.getAccessToken()
 * ```
 */
export const jsapiTicket = ticketProvider(dingtalk, {
  kind: 'jsapi-ticket',
  source: { url: 'https://open.dingtalk.com/document/development/create-a-jsapi-ticket', readOn: '2026-11-28' },
  request: { method: 'POST', url: '/v1.0/oauth2/jsapiTickets' },
  response: { token: 'jsapiTicket' },
})
