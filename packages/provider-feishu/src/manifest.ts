import type { ConfigurableProvider, ProviderManifest } from '@lingpai/core/internal'
import { feishu, feishuApp, type FeishuCredentials } from './feishu.js'
import { jsapiTicket } from './jsapi.js'
import { feishuOAuth } from './oauth.js'

/** Read by `lark-cli`: https://github.com/larksuite/cli/issues/129 (read 2026-11-28). */
const toolEnv: ConfigurableProvider<FeishuCredentials>['toolEnv'] = {
  token: ['LARKSUITE_CLI_TENANT_ACCESS_TOKEN'],
  ids: { appId: ['LARKSUITE_CLI_APP_ID'] },
}

const tickets: ConfigurableProvider<FeishuCredentials>['tickets'] = {
  jsapi: {
    provider: jsapiTicket,
    purpose: {
      en: '`jsapiConfig(ticket, url)`, for `h5sdk.config`',
      zh: '`jsapiConfig(ticket, url)`，对应 `h5sdk.config`',
    },
  },
}

/** What the command, the docs and the status page say about this package. */
export const manifest: ProviderManifest<FeishuCredentials> = {
  title: { en: 'Feishu', zh: '飞书' },
  summary: {
    en: 'Feishu and Lark apps: tenant and app tokens, store apps, OAuth',
    zh: '飞书与 Lark 应用：tenant 与 app 令牌、商店应用、OAuth',
  },
  accounts: {
    feishu: { provider: feishu, title: { en: 'Feishu or Lark app', zh: '飞书应用' }, tickets, toolEnv },
    // They have the same variables as `feishu`: only a configuration file can choose them.
    'feishu-app': {
      provider: feishuApp,
      title: { en: 'app_access_token of a Feishu app', zh: '飞书应用的 app_access_token' },
    },
    'feishu-oauth': {
      provider: feishuOAuth,
      title: { en: 'Feishu app through OAuth', zh: '飞书应用的 OAuth 令牌' },
      tickets,
      toolEnv,
    },
  },
  baseUrlEnv: 'FEISHU_BASE_URL',
  simulator: 'feishu',
}
