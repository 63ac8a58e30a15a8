import { defineProvider, type RequestSpec, type Secret } from '@lingpai/core'
import { errorTables, hints, perCode } from './error-codes.js'
import { feishuBaseUrl } from './hosts.js'

/** Credentials of an app of a corporation (企业自建应用). */
export interface FeishuCredentials {
  /** App ID: `cli_…`. */
  readonly appId: string
  /** App Secret. */
  readonly appSecret: Secret
}

/** What the kinds of tokens have in common. */
export const common = {
  id: 'feishu',
  baseUrl: feishuBaseUrl,
  placement: { in: 'header', name: 'authorization', scheme: 'Bearer' },
  errors: errorTables,
  perCode,
  hints,
} as const

/** What the kinds with a secret have in common. */
export const withSecret = {
  ...common,
  account: ['appId'],
  secrets: ['appSecret'],
  // One prefix only: with LARK_ as a second one, the id of one app could be paired with the secret of another.
  env: { appId: ['FEISHU_APP_ID'], appSecret: ['FEISHU_APP_SECRET'] },
} as const

/**
 * A token stays the same while it has 30 minutes left; then a request returns a new one, and both work.
 *
 * @see https://open.larkoffice.com/document/ukTMukTMukTM/ukDNz4SO0MjL5QzM/auth-v3/auth/tenant_access_token_internal.md (read 2026-11-28)
 */
export const renewal = { mode: 'sticky', windowSeconds: 1800, attemptsAtSeconds: [1500, 900, 300, 60] } as const

/** Fields of the responses of the `auth/v3` endpoints. */
export const response = { expiresIn: 'expire', code: ['code'], message: 'msg' } as const

/** A request of the `auth/v3` endpoints. */
export function authRequest(path: string, json: Readonly<Record<string, string>>): RequestSpec {
  return { method: 'POST', url: `/open-apis/auth/v3/${path}`, json }
}

/** A page that says so, read on 2026-11-28. */
export function page(address: string): { readonly url: string; readonly readOn: string } {
  return { url: `https://${address}`, readOn: '2026-11-28' }
}

/**
 * Works with any live tenant token of an app with a bot. Without a bot the response is an error that doesn't concern the token.
 *
 * @see https://github.com/larksuite/cli skills (read 2026-11-29)
 */
export const probe = { method: 'GET', url: '/open-apis/bot/v3/info' } as const

/**
 * `tenant_access_token` of a self-built app of Feishu (飞书), for most API calls.
 *
 * For Lark use `feishu.extend(lark)`.
 *
 * @see https://open.larkoffice.com/document/ukTMukTMukTM/ukDNz4SO0MjL5QzM/auth-v3/auth/tenant_access_token_internal.md (read 2026-11-28)
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { feishu } from '@lingpai/provider-feishu'
 *
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * const app = tokens.source(feishu, feishu.credentialsFromEnv()) // FEISHU_APP_ID and FEISHU_APP_SECRET
 * const response = await app.fetch('/open-apis/bot/v3/info')
 * ```
 */
export const feishu = defineProvider<FeishuCredentials>({
  ...withSecret,
  kind: 'tenant',
  source: page(
    'open.larkoffice.com/document/ukTMukTMukTM/ukDNz4SO0MjL5QzM/auth-v3/auth/tenant_access_token_internal.md',
  ),
  renewal,
  response: { ...response, token: 'tenant_access_token' },
  probe,
  request: ({ appId, appSecret }) =>
    authRequest('tenant_access_token/internal', { app_id: appId, app_secret: appSecret }),
})

/**
 * `app_access_token` of a self-built app, for the few calls that concern the app itself, such as logins.
 *
 * @see https://open.larkoffice.com/document/ukTMukTMukTM/ukDNz4SO0MjL5QzM/auth-v3/auth/app_access_token_internal.md (read 2026-11-28)
 */
export const feishuApp = defineProvider<FeishuCredentials>({
  ...withSecret,
  source: page('open.larkoffice.com/document/ukTMukTMukTM/ukDNz4SO0MjL5QzM/auth-v3/auth/app_access_token_internal.md'),
  renewal,
  response: { ...response, token: 'app_access_token' },
  request: ({ appId, appSecret }) => authRequest('app_access_token/internal', { app_id: appId, app_secret: appSecret }),
})
