import { defineProvider, type Secret } from '@lingpai/core'
import { errorTables, storeHints } from './error-codes.js'
import { authRequest, page, probe, renewal, response, withSecret, type FeishuCredentials } from './feishu.js'

/** Credentials of an app of the app store (商店应用). */
export interface FeishuStoreAppCredentials extends FeishuCredentials {
  /** The ticket that Feishu pushes to the app; `appTickets()` keeps it. */
  readonly appTicket: Secret
}

/**
 * `app_access_token` of a store app. Tokens of the tenants that installed the app are derived from it: {@link feishuStoreTenant}.
 *
 * @see https://github.com/larksuite/node-sdk client/token-manager.ts at f54b49f (read 2026-11-28)
 */
export const feishuStoreApp = defineProvider<FeishuStoreAppCredentials>({
  ...withSecret,
  hints: storeHints,
  kind: 'store-app',
  source: page('github.com/larksuite/node-sdk/blob/f54b49f/client/token-manager.ts'),
  volatile: ['appTicket'],
  renewal,
  response: { ...response, token: 'app_access_token' },
  request: ({ appId, appSecret, appTicket }) =>
    authRequest('app_access_token', { app_id: appId, app_secret: appSecret, app_ticket: appTicket }),
})

/** Credentials of a store app at one tenant. */
export interface FeishuStoreTenantCredentials extends FeishuStoreAppCredentials {
  /** The tenant that installed the app; events of the tenant name it as `tenant_key`. */
  readonly tenantKey: string
}

/**
 * `tenant_access_token` of a store app at one tenant. Each tenant has its own source; all share the token of the app.
 *
 * How the endpoint rejects a token of the app is not page. The codes of API calls are expected; after any other one, the token of
 * the app stays until its expiry.
 *
 * @see https://open.feishu.cn/document/ukTMukTMukTM/ukDNz4SO0MjL5QzM/auth-v3/tenant_access_token/create.md (read 2026-11-28)
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { appTickets, feishuStoreTenant } from '@lingpai/provider-feishu'
 *
 * const cache = fileCache({ directory: '.lingpai' })
 * const tokens = new TokenManager({ cache })
 * const tenant = tokens.source(feishuStoreTenant, {
 *   appId: 'cli_…',
 *   appSecret: process.env['FEISHU_APP_SECRET'] ?? '',
 *   appTicket: appTickets(cache, 'cli_…').read,
 *   tenantKey: '2ed263bf32cf1651',
 * })
 * ```
 */
export const feishuStoreTenant = defineProvider<FeishuStoreTenantCredentials>({
  ...withSecret,
  hints: storeHints,
  kind: 'store-tenant',
  source: page('open.feishu.cn/document/ukTMukTMukTM/ukDNz4SO0MjL5QzM/auth-v3/tenant_access_token/create.md'),
  account: ['appId', 'tenantKey'],
  parent: feishuStoreApp,
  parentPlacement: { in: 'json', name: 'app_access_token' },
  renewal,
  response: { ...response, token: 'tenant_access_token' },
  errors: { ...errorTables, token: { ...errorTables.token, 'token-invalid': errorTables.api['token-invalid'] } },
  probe,
  request: ({ tenantKey }) => authRequest('tenant_access_token', { tenant_key: tenantKey }),
})
