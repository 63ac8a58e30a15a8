import type { OAuth2Options } from './options.js'

/** A page that says so. */
function page(address: string, readOn = '2026-11-29'): { readonly url: string; readonly readOn: string } {
  return { url: `https://${address}`, readOn }
}

/** Names of hosts; a port, a path or a user would make another URL of the template. */
const host = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i

/**
 * Servers as data, for `oauth2({ ...preset, scope: '…' })`. Each is read from the page in `source`; **none is verified against the live
 * service.** What you give beside a preset replaces its member.
 *
 * - `entra`: Microsoft Entra ID, fields `tenantId`; needs a `scope` that ends in `/.default`
 * - `auth0`: fields `domain`; needs an `audience`
 * - `okta`: the org server, fields `domain`; signs with a private key; needs a `scope`
 * - `zoom`: server-to-server apps, fields `accountId`
 * - `twitch`: app access tokens; API calls need the header `Client-Id`, too
 * - `salesforce`: fields `domain`; reports no life of its tokens: give `renewal.defaultLifeSeconds`
 * - `baidu`: 百度 AI (`aip.baidubce.com`)
 * - `huawei`: 华为 HMS; give the `apiBaseUrl` of the service
 * - `douyin`: 抖音, by `stable_client_token`
 *
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { oauth2, presets } from '@lingpai/provider-oauth2'
 *
 * const graph = oauth2({ ...presets.entra, scope: 'https://graph.microsoft.com/.default' })
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * const source = tokens.source(graph, {
 *   tenantId: '00000000-0000-0000-0000-000000000000',
 *   clientId: '11111111-1111-1111-1111-111111111111',
 *   clientSecret: process.env['ENTRA_CLIENT_SECRET'] ?? '',
 * })
 * const response = await source.fetch('/v1.0/users')
 * ```
 */
export const presets = {
  entra: {
    id: 'entra',
    source: page('learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow'),
    tokenUrl: 'https://login.microsoftonline.com/{tenantId}/oauth2/v2.0/token',
    fields: ['tenantId'],
    clientAuthentication: 'client_secret_post',
    apiBaseUrl: 'https://graph.microsoft.com',
    // Microsoft Graph has an object in `error`, and no `error` in its header: https://github.com/microsofthackathons/tdi/issues/24 (read 2026-11-29).
    response: { code: ['error.code', 'error'], message: ['error_description', 'error.message'] },
    errors: { api: { 'token-invalid': ['InvalidAuthenticationToken'] } },
  },
  auth0: {
    id: 'auth0',
    source: page('auth0.com/docs/api-auth/config/asking-for-access-tokens'),
    tokenUrl: 'https://{domain}/oauth/token',
    fields: ['domain'],
    pattern: { domain: host },
    clientAuthentication: 'client_secret_post',
  },
  okta: {
    id: 'okta',
    source: page('developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/'),
    tokenUrl: 'https://{domain}/oauth2/v1/token',
    fields: ['domain'],
    pattern: { domain: host },
    clientAuthentication: 'private_key_jwt',
  },
  zoom: {
    id: 'zoom',
    source: page('developers.zoom.us/docs/rooms/s2s-oauth/'),
    tokenUrl: 'https://zoom.us/oauth/token',
    fields: ['accountId'],
    grantType: 'account_credentials',
    parameters: { account_id: '{accountId}' },
    apiBaseUrl: 'https://api.zoom.us',
    // {"code":124,"message":"Access token is expired."}: https://github.com/tl-its-umich-edu/remote-office-hours-queue/issues/512 (read 2026-11-29).
    response: { code: ['code', 'error'], message: ['message', 'reason'] },
    errors: { api: { 'token-invalid': [124] } },
  },
  twitch: {
    id: 'twitch',
    source: page('dev.twitch.tv/docs/authentication/getting-tokens-oauth/'),
    tokenUrl: 'https://id.twitch.tv/oauth2/token',
    clientAuthentication: 'client_secret_post',
    apiBaseUrl: 'https://api.twitch.tv',
    // About 60 days, longer than a token is trusted otherwise.
    renewal: { attemptsAtSeconds: [86_400, 3600], maxLifeSeconds: 5_184_000 },
    // {"error":"Unauthorized","status":401,"message":"…"}, for a token that became invalid: https://dev.twitch.tv/docs/authentication/ (read 2026-11-29).
    response: { message: 'message' },
    errors: { api: { 'token-invalid': ['Unauthorized'] } },
  },
  salesforce: {
    id: 'salesforce',
    source: page('help.salesforce.com/apex/HTViewHelpDoc?id=service.conversation_transcript_api_sample1.htm'),
    tokenUrl: 'https://{domain}/services/oauth2/token',
    fields: ['domain'],
    pattern: { domain: host },
    clientAuthentication: 'client_secret_post',
    // The API's errors are a list, [{"errorCode":"INVALID_SESSION_ID"}], in which no code is found; SDKs throw an error with this member.
    response: { code: ['errorCode', 'error'] },
    errors: { api: { 'token-invalid': ['INVALID_SESSION_ID'] } },
  },
  baidu: {
    id: 'baidu',
    source: page('ai.baidu.com/ai-doc/REFERENCE/Lkru0zoz4', '2026-11-28'),
    tokenUrl: 'https://aip.baidubce.com/oauth/2.0/token',
    clientAuthentication: 'client_secret_post',
    sendAs: 'query',
    placement: { in: 'query', name: 'access_token' },
    renewal: { attemptsAtSeconds: [86_400, 3600] },
    response: { code: ['error_code', 'error'], message: ['error_msg', 'error_description'] },
    errors: { api: { 'token-invalid': [110], 'token-expired': [111] } },
  },
  huawei: {
    id: 'huawei',
    source: page('developer.huawei.com/consumer/en/doc/HMSCore-Guides/android-server-dev-0000001050040110'),
    tokenUrl: 'https://oauth-login.cloud.huawei.com/oauth2/v3/token',
    clientAuthentication: 'client_secret_post',
    response: { code: ['sub_error', 'code', 'error'], success: [0, '80000000'], message: ['error_description', 'msg'] },
    errors: {
      // {"sub_error":12304,"error_description":"invalid client_secret","error":1101}: https://dev.to/flfljh/huawei-account-one-click-login-1ae (read 2026-11-29).
      token: { 'credential-invalid': [12304] },
      // 80200001 is a missing header or the token of another app: https://segmentfault.com/a/1190000042188975/en (read 2026-11-29).
      api: { 'token-expired': [80200003], permission: [80200001] },
    },
  },
  douyin: {
    id: 'douyin',
    source: page(
      'developer.open-douyin.com/docs/resource/zh-CN/dop/develop/openapi/account-permission/generate-stable-client-token',
      '2026-11-28',
    ),
    tokenUrl: 'https://open.douyin.com/oauth/stable_client_token/',
    grantType: 'client_credential',
    clientAuthentication: 'client_secret_post',
    parameterNames: { id: 'client_key', secret: 'client_secret' },
    sendAs: 'json',
    placement: { in: 'header', name: 'access-token' },
    // The same token until its end.
    renewal: { mode: 'sticky', windowSeconds: 0, attemptsAtSeconds: [60, 10] },
    response: {
      token: 'data.access_token',
      expiresIn: 'data.expires_in',
      code: ['data.error_code', 'err_no'],
      message: ['data.description', 'err_msg'],
    },
    errors: {
      // https://douyin.apifox.cn/api-128961756 (read 2026-11-29)
      token: { 'credential-invalid': [10003, 10013], permission: [10002], 'rate-limited': [10020] },
      // Not found on a page of the platform. Where one of them means something else, the same token comes back.
      api: { 'token-invalid': [2190002, 28001003], 'token-expired': [2190008, 28001008] },
    },
  },
} as const satisfies Readonly<Record<string, OAuth2Options<string>>>
