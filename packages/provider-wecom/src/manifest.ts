import type { ProviderManifest } from '@lingpai/core/internal'
import { agentTicket, corpTicket } from './tickets.js'
import { wecom, type WecomCredentials } from './wecom.js'

/** What the command, the docs and the status page say about this package. */
export const manifest: ProviderManifest<WecomCredentials> = {
  title: { en: 'WeCom', zh: '企业微信' },
  summary: { en: 'WeCom apps, including private deployments', zh: '企业微信应用，包括私有化部署' },
  accounts: {
    wecom: {
      provider: wecom,
      title: { en: 'WeCom app', zh: '企业微信' },
      tickets: {
        jsapi: {
          provider: corpTicket,
          purpose: {
            en: '`jsapiConfig(ticket, url)`, for `wx.config`',
            zh: '`jsapiConfig(ticket, url)`，对应 `wx.config`',
          },
        },
        agentConfig: {
          provider: agentTicket,
          purpose: {
            en: '`agentConfig(ticket, url)`, for `wx.agentConfig`',
            zh: '`agentConfig(ticket, url)`，对应 `wx.agentConfig`',
          },
        },
      },
    },
  },
  baseUrlEnv: 'WECOM_BASE_URL',
  simulator: 'wecom',
}
