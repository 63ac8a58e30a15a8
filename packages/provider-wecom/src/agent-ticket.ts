import { ticketProvider } from './ticket-provider.js'

/**
 * `jsapi_ticket` of one app, for {@link agentConfig}; that of another app is rejected (42012).
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
export const agentTicket = ticketProvider('agent-ticket', {
  method: 'GET',
  url: '/cgi-bin/ticket/get',
  query: { type: 'agent_config' },
})
