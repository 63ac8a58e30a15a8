import type { ProviderManifest } from '@lingpai/core/internal'
import {
  dingtalk,
  dingtalkOld,
  dingtalkUnified,
  type DingTalkCredentials,
  type DingTalkUnifiedCredentials,
} from './dingtalk.js'
import { jsapiTicket } from './tickets.js'

/** What the command, the docs and the status page say about this package. */
export const manifest: ProviderManifest<DingTalkCredentials | DingTalkUnifiedCredentials> = {
  title: { en: 'DingTalk', zh: '钉钉' },
  summary: {
    en: 'DingTalk apps: of one organisation, and of service providers',
    zh: '钉钉应用：企业内部应用与第三方应用',
  },
  accounts: {
    dingtalk: {
      provider: dingtalk,
      title: { en: 'DingTalk app', zh: '钉钉应用' },
      tickets: {
        jsapi: {
          provider: jsapiTicket,
          purpose: { en: "signatures of DingTalk's JSAPI: use the value", zh: '钉钉 JSAPI 的签名：请直接使用票据的值' },
        },
      },
    },
    'dingtalk-unified': {
      provider: dingtalkUnified,
      title: { en: 'DingTalk app in one organisation', zh: '钉钉应用（按企业获取令牌）' },
    },
    'dingtalk-old': {
      provider: dingtalkOld,
      title: { en: 'DingTalk through gettoken', zh: '钉钉应用的 gettoken' },
    },
  },
  baseUrlEnv: 'DINGTALK_BASE_URL',
  simulator: 'dingtalk',
}
