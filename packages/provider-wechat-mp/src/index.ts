export { jsapiConfig, type JsapiConfig } from './jsapi-config.js'
export { cardTicket, jsapiTicket } from './tickets.js'
export { wechatMp, wechatMpHosts, wechatMpPlain, type WechatMpCredentials } from './wechat-mp.js'
export type { PageSignature, SignPageOptions } from '@lingpai/core/internal'
