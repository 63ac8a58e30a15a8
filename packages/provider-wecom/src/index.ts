export { agentConfig, jsapiConfig, type AgentConfig, type JsapiConfig } from './page-config.js'
export { agentTicket, corpTicket } from './tickets.js'
export { wecom, type WecomCredentials } from './wecom.js'
export type { PageSignature, SignPageOptions } from '@lingpai/core/internal'
