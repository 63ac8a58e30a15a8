export { appTicketIn, appTickets, resendAppTicket, type AppTicketEvent, type AppTicketInOptions } from './app-ticket.js'
export { feishu, feishuApp, type FeishuCredentials } from './feishu.js'
export { lark, larkOAuth } from './hosts.js'
export { jsapiConfig, jsapiTicket, type JsapiConfig, type JsapiConfigOptions } from './jsapi.js'
export { feishuKeyless, feishuOAuth, type FeishuKeylessCredentials } from './oauth.js'
export {
  feishuStoreApp,
  feishuStoreTenant,
  type FeishuStoreAppCredentials,
  type FeishuStoreTenantCredentials,
} from './store-app.js'
export type { PushedCredential, SignPageOptions } from '@lingpai/core/internal'
