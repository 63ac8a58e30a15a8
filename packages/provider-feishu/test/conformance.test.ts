import type { ErrorClass } from '@lingpai/core'
import { providerConformance, type ErrorSample, type ProviderSamples } from '@lingpai/testing/conformance'
import {
  feishu,
  feishuApp,
  feishuKeyless,
  feishuOAuth,
  feishuStoreApp,
  feishuStoreTenant,
  jsapiTicket,
  type FeishuCredentials,
} from '@lingpai/provider-feishu'

const coded = (errorClass: ErrorClass, ...codes: readonly number[]): readonly ErrorSample[] =>
  codes.map((code) => ({ body: { code, msg: 'm' }, errorClass, code }))

const bad = { code: 99991663, msg: 'Invalid access token for authorization.' }
const apiErrors: readonly ErrorSample[] = [
  { status: 400, body: bad, errorClass: 'token-invalid', code: 99991663 },
  { status: 200, body: bad, errorClass: 'token-invalid', code: 99991663 },
  ...coded('token-invalid', 99991663, 99991664, 99991671),
  ...coded('permission', 21000, 21001, 99991401, 99991661, 99991672),
  // Of a user: refreshing the token of the app would not help.
  ...coded('permission', 99991668, 99991677),
  ...coded('needs-reauthorization', 99991679),
  ...coded('rate-limited', 99991400),
]

const tokenErrors: readonly ErrorSample[] = [
  { body: { code: 10003, data: {}, msg: 'invalid param' }, errorClass: 'credential-invalid', code: 10003 },
  ...coded('credential-invalid', 10014),
  ...coded('transient', 10012),
  ...coded('unknown', 99991663),
]

const oauthErrors: readonly ErrorSample[] = [
  {
    status: 400,
    body: { code: 20002, error: 'invalid_client', error_description: 'The client secret is invalid.' },
    errorClass: 'credential-invalid',
    code: 20002,
  },
  {
    status: 500,
    body: {
      code: 20050,
      error: 'server_error',
      error_description: 'An unexpected server error occurred. Please retry your request.',
    },
    errorClass: 'transient',
    code: 20050,
  },
  // Without a number of Feishu's: never taken for a token.
  { status: 400, body: { error: 'invalid_client' }, errorClass: 'unknown', code: 'invalid_client' },
  ...coded('credential-invalid', 20048, 20069),
  ...coded('permission', 20070),
  { status: 503, body: { code: 20072 }, errorClass: 'transient', code: 20072 },
]

const credentials = { appId: 'cli_a1b2c3', appSecret: 'secret' }

const samples: ProviderSamples<FeishuCredentials> = {
  credentials,
  ok: { code: 0, msg: 'ok', tenant_access_token: 't-1', expire: 7200 },
  alsoOk: [{ code: 0, msg: 'ok', tenant_access_token: 't-1', expire: 1801 }],
  tokenErrors,
  apiErrors,
}
const appOk = { code: 0, msg: 'ok', app_access_token: 'a-1', tenant_access_token: 't-1', expire: 7200 }

providerConformance(test, feishu, samples)
providerConformance(test, feishuApp, { ...samples, ok: appOk, alsoOk: [{ ...appOk, app_access_token: 't-1' }] })

const jwt = `eyJ${'x'.repeat(4093)}`
const oauth = {
  ok: { access_token: jwt, token_type: 'Bearer', expires_in: 7200 },
  alsoOk: [{ code: 0, access_token: jwt, token_type: 'Bearer', expires_in: 7200 }],
  tokenErrors: oauthErrors,
  apiErrors,
}
providerConformance(test, feishuOAuth, { credentials, ...oauth })
providerConformance(test, feishuKeyless, {
  credentials: { appId: 'cli_a1b2c3', clientAssertion: 'signed-by-a-vault' },
  ...oauth,
})

const appTicket = 'pushed-to-the-app'
providerConformance(test, feishuStoreApp, {
  credentials: { ...credentials, appTicket },
  ok: { code: 0, msg: 'ok', app_access_token: 'a-1', expire: 7200 },
  tokenErrors,
  apiErrors,
})
providerConformance(test, feishuStoreTenant, {
  credentials: { ...credentials, appTicket, tenantKey: '2ed263bf32cf1651' },
  ok: { code: 0, msg: 'success', tenant_access_token: 't-1', expire: 7140 },
  tokenErrors: [
    ...tokenErrors.filter(({ errorClass }) => errorClass !== 'unknown'),
    ...coded('token-invalid', 99991664, 99991663, 99991671),
  ],
  apiErrors,
})
providerConformance(test, jsapiTicket, {
  credentials,
  ok: { code: 0, msg: 'ok', data: { expire_in: 7200, ticket: 'J1' } },
  // Asking for a ticket is an API call: what rejects the token there rejects it here.
  tokenErrors: apiErrors,
  apiErrors: [],
})
