import { defineProvider, type Secret } from '@lingpai/core'
import { common, page, probe, withSecret, type FeishuCredentials } from './feishu.js'
import { feishuAccountsBaseUrl, feishuBaseUrl } from './hosts.js'

/** What both ways of OAuth have in common. The token is a JWT of up to 4 KB, and earlier ones are not known to end. */
const oauth = {
  baseUrl: feishuAccountsBaseUrl,
  apiBaseUrl: feishuBaseUrl,
  renewal: { mode: 'independent', attemptsAtSeconds: [600, 60] },
  // A body as in RFC 6749, with a number of Feishu's beside the word of `error`.
  response: { token: 'access_token', expiresIn: 'expires_in', code: ['code', 'error'], message: 'error_description' },
  probe,
} as const

/**
 * `tenant_access_token` of a self-built app from Feishu's OAuth endpoint (`client_credentials`).
 *
 * What another request does to earlier tokens is not page: they are taken to live until their own expiry, which holds for JWTs,
 * and if one were rejected, it would be replaced like any other. For Lark use `feishuOAuth.extend(larkOAuth)`.
 *
 * @see https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/authentication-management/access-token/tenant_access_token.md (read 2026-11-28)
 */
export const feishuOAuth = defineProvider<FeishuCredentials>({
  ...withSecret,
  ...oauth,
  kind: 'oauth',
  source: page(
    'open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/authentication-management/access-token/tenant_access_token.md',
  ),
  // The secret in the body only: with a second one in a header, the request is rejected (20070).
  request: ({ appId, appSecret }) => ({
    method: 'POST',
    url: '/oauth/v3/token',
    form: { grant_type: 'client_credentials', client_id: appId, client_secret: appSecret },
  }),
})

/** Credentials of a self-built app without a secret. */
export interface FeishuKeylessCredentials {
  /** App ID: `cli_…`. */
  readonly appId: string
  /** Signs or fetches the JWT that stands for the app. It is called for each token request. The JWT's audience is the host of OAuth. */
  readonly clientAssertion: Secret
}

/**
 * The token of {@link feishuOAuth} for an app that proves its identity by a signed JWT instead of a secret.
 *
 * @see https://github.com/larksuite/node-sdk client/client-assertion.ts and client/token-manager.ts at f54b49f (read 2026-11-28)
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { feishuKeyless } from '@lingpai/provider-feishu'
 *
 * declare function signedByOurVault(): Promise<string>
 *
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * const app = tokens.source(feishuKeyless, { appId: 'cli_…', clientAssertion: signedByOurVault })
 * ```
 */
export const feishuKeyless = defineProvider<FeishuKeylessCredentials>({
  ...common,
  ...oauth,
  kind: 'keyless',
  source: page('github.com/larksuite/node-sdk/blob/f54b49f/client/client-assertion.ts'),
  account: ['appId'],
  secrets: [],
  volatile: ['clientAssertion'],
  env: { appId: ['FEISHU_APP_ID'] },
  request: ({ appId, clientAssertion }) => ({
    method: 'POST',
    url: '/oauth/v3/token',
    form: {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: clientAssertion,
      client_id: appId,
    },
  }),
})
