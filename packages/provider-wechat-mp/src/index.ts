export { wechatMpHosts } from './wechat-mp-hosts.js'
export { wechatMpPlain } from './wechat-mp-plain.js'
export { wechatMp } from './wechat-mp.js'
export type { WechatMpCredentials } from './wechat-mp-common.js'
