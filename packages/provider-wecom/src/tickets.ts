import { ticketProvider } from '@lingpai/core/internal'
import { wecom } from './wecom.js'

const source = { url: 'https://developer.work.weixin.qq.com/document/path/90506', readOn: '2026-11-20' }

/**
 * `jsapi_ticket` of a corporation, for `jsapiConfig()`; derived from the token of an app. Each app has its own record of it.
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
export const corpTicket = ticketProvider(wecom, {
  kind: 'corp-ticket',
  source,
  request: { method: 'GET', url: '/cgi-bin/get_jsapi_ticket' },
})

/**
 * `jsapi_ticket` of one app, for `agentConfig()`; that of another app is rejected (42012).
 *
 * @see https://developer.work.weixin.qq.com/document/path/90506 (read 2026-11-20)
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { agentConfig, agentTicket } from '@lingpai/provider-wecom'
 *
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * const ticket = tokens.source(agentTicket, agentTicket.credentialsFromEnv())
 * const config = await agentConfig(ticket, 'https://example.com/page') // for wx.agentConfig
 * ```
 */
export const agentTicket = ticketProvider(wecom, {
  kind: 'agent-ticket',
  source,
  request: { method: 'GET', url: '/cgi-bin/ticket/get', query: { type: 'agent_config' } },
})
