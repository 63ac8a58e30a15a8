import { defineProvider, type ProviderSpec, type Secret } from '@lingpai/core'
import { errorTables, hints, perCode } from './error-codes.js'

/** Hosts of the newer API (`/v1.0/…`) and of the older one (`/topapi/…`, `/gettoken`). */
const hosts = { api: 'https://api.dingtalk.com', old: 'https://oapi.dingtalk.com' } as const

// A call of the newer API with `Authorization: Bearer` or a query parameter is refused: only its own header counts.
const placements = {
  [hosts.api]: { in: 'header', name: 'x-acs-dingtalk-access-token' },
  [hosts.old]: { in: 'query', name: 'access_token' },
} as const

/** What all kinds of tokens of the newer API have in common. */
export const common = {
  id: 'dingtalk',
  baseUrl: hosts.api,
  apiOrigins: [hosts.old],
  renewal: { mode: 'extend', attemptsAtSeconds: [600, 60] },
  response: {
    token: 'accessToken',
    expiresIn: 'expireIn',
    // Below /topapi, `errcode` is always 88, and `sub_code` has the code, as a text.
    code: ['sub_code', 'errcode', 'code'],
    message: ['message', 'sub_msg', 'errmsg'],
    trace: { fields: ['requestid', 'request_id'] },
    // The address may be an IPv6 one.
    ip: [/request ip=\s*([\da-f:.]*[\da-f])/i],
  },
  placement: placements[hosts.api],
  placementAt: placements,
  errors: errorTables,
  perCode,
  hints,
  // @alicloud/dingtalk 2.2.27, micro_app_1_0 `listAllApp` (https://www.npmjs.com/package/@alicloud/dingtalk, read 2026-11-28): it only reads, and
  // a refusal other than one of the token, such as of a missing permission, says that the token works.
  probe: { method: 'GET', url: '/v1.0/microApp/allApps' },
} as const satisfies Partial<ProviderSpec<never>>

/** Credentials of an app that an organisation has for itself. */
export interface DingTalkCredentials {
  /** AppKey of the app; newer pages of the platform call it Client ID. */
  readonly appKey: string
  /** AppSecret of the app; newer pages call it Client Secret. */
  readonly appSecret: Secret
}

/**
 * Access token of a DingTalk (钉钉) app of one organisation.
 *
 * A repeated request returns the same token and extends its life. The token goes into a header of calls to `api.dingtalk.com`, and into
 * the query of calls to `oapi.dingtalk.com`. Whether the older API accepts a token of this endpoint is not documented; if it
 * does not, use {@link dingtalkOld} for its calls.
 *
 * @see https://open.dingtalk.com/document/development/obtain-the-access-token-of-an-internal-app (read 2026-11-28)
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { dingtalk } from '@lingpai/provider-dingtalk'
 *
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * const app = tokens.source(dingtalk, dingtalk.credentialsFromEnv()) // DINGTALK_APP_KEY and DINGTALK_APP_SECRET
 * const response = await app.fetch('/v1.0/microApp/allApps')
 * ```
 */
export const dingtalk = defineProvider<DingTalkCredentials>({
  ...common,
  source: {
    url: 'https://open.dingtalk.com/document/development/obtain-the-access-token-of-an-internal-app',
    readOn: '2026-11-28',
  },
  account: ['appKey'],
  secrets: ['appSecret'],
  // Spellings of one name only: a second name, such as DINGTALK_CLIENT_ID, could pair the id of one app with the secret of another.
  env: {
    appKey: ['DINGTALK_APP_KEY', 'DINGTALK_APPKEY'],
    appSecret: ['DINGTALK_APP_SECRET', 'DINGTALK_APPSECRET'],
  },
  request: ({ appKey, appSecret }) => ({
    method: 'POST',
    url: '/v1.0/oauth2/accessToken',
    json: { appKey, appSecret },
  }),
})

/**
 * The same through the older endpoint, `gettoken`, for programs that call `oapi.dingtalk.com`.
 *
 * @see https://github.com/open-dingtalk/dingtalk-stream-sdk-nodejs src/constants.ts (read 2026-11-28)
 */
export const dingtalkOld = defineProvider<DingTalkCredentials>({
  ...common,
  kind: 'old',
  source: { url: 'https://github.com/open-dingtalk/dingtalk-stream-sdk-nodejs', readOn: '2026-11-28' },
  account: ['appKey'],
  secrets: ['appSecret'],
  env: dingtalk.spec.env ?? {},
  baseUrl: hosts.old,
  apiOrigins: [hosts.api],
  response: { ...common.response, token: 'access_token', expiresIn: 'expires_in' },
  placement: placements[hosts.old],
  // https://github.com/satorijs/satori/issues/240 (read 2026-11-28): it reports a dead token as errcode 40014, without an envelope.
  probe: { method: 'POST', url: '/microapp/list', json: {} },
  // The platform ignores a body.
  request: ({ appKey, appSecret }) => ({
    method: 'GET',
    url: '/gettoken',
    query: { appkey: appKey, appsecret: appSecret },
  }),
})

/** Credentials of an app in one organisation, for the endpoint that serves apps of all types. */
export interface DingTalkUnifiedCredentials {
  /** CorpId of the organisation in which the app runs; for an app of a service provider, its customer's. */
  readonly corpId: string
  /** Client ID of the app, formerly AppKey or SuiteKey. */
  readonly clientId: string
  /** Client Secret of the app. */
  readonly clientSecret: Secret
}

/**
 * Access token of any app in one organisation, from the endpoint that the platform recommends since January 2026.
 *
 * What a repeated request returns is not documented. It is taken to be as for {@link dingtalk}; another value is accepted, too.
 *
 * @see https://open-dingtalk.github.io/developerpedia/docs/develop/permission/single_to_multi/new_get_app_token/ (read 2026-11-28)
 */
export const dingtalkUnified = defineProvider<DingTalkUnifiedCredentials>({
  ...common,
  kind: 'unified',
  source: {
    url: 'https://open-dingtalk.github.io/developerpedia/docs/develop/permission/single_to_multi/new_get_app_token/',
    readOn: '2026-11-28',
  },
  account: ['corpId', 'clientId'],
  secrets: ['clientSecret'],
  env: {
    corpId: ['DINGTALK_CORP_ID', 'DINGTALK_CORPID'],
    clientId: ['DINGTALK_CLIENT_ID', 'DINGTALK_CLIENTID'],
    clientSecret: ['DINGTALK_CLIENT_SECRET', 'DINGTALK_CLIENTSECRET'],
  },
  response: { ...common.response, token: 'access_token', expiresIn: 'expires_in' },
  request: ({ corpId, clientId, clientSecret }) => ({
    method: 'POST',
    url: `/v1.0/oauth2/${encodeURIComponent(corpId)}/token`,
    json: { client_id: clientId, client_secret: clientSecret, grant_type: 'client_credentials' },
  }),
})
