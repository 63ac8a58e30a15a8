import type { ConfigurableProvider, ProviderManifest } from '@lingpai/core/internal'
import { cardTicket, jsapiTicket } from './tickets.js'
import { wechatMp, wechatMpPlain, type WechatMpCredentials } from './wechat-mp.js'

const tickets: ConfigurableProvider<WechatMpCredentials>['tickets'] = {
  jsapi: {
    provider: jsapiTicket,
    purpose: { en: '`jsapiConfig(ticket, url)`, for `wx.config`', zh: '`jsapiConfig(ticket, url)`，对应 `wx.config`' },
  },
  wxCard: {
    provider: cardTicket,
    purpose: { en: 'card signatures, which differ: use the value', zh: '卡券签名，算法不同：请直接使用票据的值' },
  },
}

/** What the command, the docs and the status page say about this package. */
export const manifest: ProviderManifest<WechatMpCredentials> = {
  title: { en: 'WeChat', zh: '微信' },
  summary: {
    en: 'WeChat official accounts and mini programs: `stable_token` and `cgi-bin/token`',
    zh: '微信公众号与小程序：`stable_token` 和 `cgi-bin/token`',
  },
  accounts: {
    'wechat-mp': {
      provider: wechatMp,
      title: { en: 'WeChat official account or mini program', zh: '公众号、小程序' },
      tickets,
    },
    // It has the same variables as `wechat-mp`: only a configuration file can choose the endpoint that invalidates earlier tokens.
    'wechat-mp-plain': {
      provider: wechatMpPlain,
      title: { en: 'WeChat through cgi-bin/token', zh: '公众号、小程序的 cgi-bin/token' },
      tickets,
    },
  },
  baseUrlEnv: 'WECHAT_MP_BASE_URL',
  simulator: 'wechat',
}
