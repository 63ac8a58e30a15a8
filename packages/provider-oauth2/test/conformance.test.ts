import { providerConformance, type ErrorSample } from '@lingpai/testing/conformance'
import { oauth2, oauth2Server, presets } from '@lingpai/provider-oauth2'

const ok = { access_token: 'T1', token_type: 'Bearer', expires_in: 3600 }
const alsoOk = [{ access_token: 'T1', token_type: 'bearer', expires_in: '3600' }, { access_token: 'T1' }]

const failed = (error: string, errorClass: ErrorSample['errorClass'], status = 400): ErrorSample => ({
  status,
  body: { error, error_description: 'words of the server' },
  errorClass,
  code: error,
})

const tokenErrors: readonly ErrorSample[] = [
  { ...failed('invalid_client', 'credential-invalid', 401), headers: { 'www-authenticate': 'Basic realm="x"' } },
  failed('unauthorized_client', 'credential-invalid'),
  failed('invalid_request', 'permission'),
  failed('invalid_grant', 'permission'),
  failed('unsupported_grant_type', 'permission'),
  failed('invalid_scope', 'permission'),
  failed('invalid_target', 'permission'),
  failed('access_denied', 'permission', 403),
  failed('server_error', 'transient', 500),
  failed('temporarily_unavailable', 'transient', 503),
]

const challenge = (error: string): Readonly<Record<string, string>> => ({
  'www-authenticate': `Bearer realm="api", error="${error}", error_description="words of the server"`,
})
const apiErrors: readonly ErrorSample[] = [
  {
    status: 401,
    headers: challenge('invalid_token'),
    body: undefined,
    errorClass: 'token-invalid',
    code: 'invalid_token',
  },
  { status: 401, headers: challenge('invalid_token'), body: { message: 'x' }, errorClass: 'token-invalid' },
  failed('invalid_token', 'token-invalid', 401),
  {
    status: 403,
    headers: challenge('insufficient_scope'),
    body: {},
    errorClass: 'permission',
    code: 'insufficient_scope',
  },
  { status: 400, headers: challenge('invalid_request'), body: {}, errorClass: 'unknown', code: 'invalid_request' },
]

const rfc = { ok, alsoOk, tokenErrors, apiErrors }
const tokenUrl = 'https://login.example.com/oauth2/token'
const credentials = { clientId: 'c', clientSecret: 'secret' }

const env = { clientId: ['ACME_ID'], clientSecret: ['ACME_SECRET'] }
providerConformance(test, oauth2({ tokenUrl, env }), { credentials, ...rfc })
providerConformance(test, oauth2({ id: 'in-the-body', tokenUrl, clientAuthentication: 'client_secret_post' }), {
  credentials,
  ...rfc,
})
providerConformance(test, oauth2({ id: 'signed', tokenUrl, clientAuthentication: 'private_key_jwt' }), {
  credentials: { clientId: 'c', clientAssertion: 'signed.for.one-request' },
  ...rfc,
})
providerConformance(test, oauth2Server, { credentials: { ...credentials, tokenUrl }, ...rfc })

const graph = {
  error: { code: 'InvalidAuthenticationToken', message: 'Access token has expired or is not yet valid.' },
}
providerConformance(test, oauth2(presets.entra), {
  credentials: { ...credentials, tenantId: 'tenant' },
  ...rfc,
  apiErrors: [
    { status: 401, body: graph, errorClass: 'token-invalid', code: 'InvalidAuthenticationToken' },
    ...apiErrors,
  ],
})
providerConformance(test, oauth2(presets.auth0), { credentials: { ...credentials, domain: 'acme.auth0.com' }, ...rfc })
providerConformance(test, oauth2(presets.okta), {
  credentials: { clientId: 'c', clientAssertion: 'signed.for.one-request', domain: 'acme.okta.com' },
  ...rfc,
})
providerConformance(test, oauth2(presets.zoom), {
  credentials: { ...credentials, accountId: 'account' },
  ...rfc,
  apiErrors: [
    { status: 401, body: { code: 124, message: 'Access token is expired.' }, errorClass: 'token-invalid', code: 124 },
  ],
})
providerConformance(test, oauth2(presets.twitch), {
  credentials,
  ...rfc,
  ok: { access_token: 'T1', token_type: 'bearer', expires_in: 5_011_271 },
  apiErrors: [
    {
      status: 401,
      body: { error: 'Unauthorized', status: 401, message: 'Invalid OAuth token' },
      errorClass: 'token-invalid',
    },
  ],
})
providerConformance(test, oauth2(presets.salesforce), {
  credentials: { ...credentials, domain: 'acme.my.salesforce.com' },
  ...rfc,
  ok: { access_token: 'T1', token_type: 'Bearer', issued_at: '4564564565767' },
  apiErrors: [{ body: { errorCode: 'INVALID_SESSION_ID' }, errorClass: 'token-invalid' }, ...apiErrors],
})
providerConformance(test, oauth2(presets.baidu), {
  credentials,
  ok: { access_token: '24.x', expires_in: 2_592_000, refresh_token: '25.x', scope: 'public' },
  tokenErrors: [failed('invalid_client', 'credential-invalid', 401)],
  apiErrors: [
    {
      body: { error_code: 110, error_msg: 'Access token invalid or no longer valid' },
      errorClass: 'token-invalid',
      code: 110,
    },
    { body: { error_code: 111, error_msg: 'Access token expired' }, errorClass: 'token-expired', code: 111 },
  ],
})
providerConformance(test, oauth2(presets.huawei), {
  credentials,
  ok,
  tokenErrors: [
    {
      status: 400,
      body: { sub_error: 12304, error_description: 'invalid client_secret', error: 1101 },
      errorClass: 'credential-invalid',
      code: 12304,
    },
  ],
  apiErrors: [
    { body: { code: '80200003', msg: 'OAuth token expired' }, errorClass: 'token-expired' },
    { body: { code: '80200001', msg: 'Oauth authentication error' }, errorClass: 'permission' },
  ],
})
const douyin = (code: number): object => ({ data: { description: '配置无效', error_code: code }, message: 'error' })
providerConformance(test, oauth2(presets.douyin), {
  credentials,
  ok: { data: { access_token: 'clt.1', description: '', error_code: 0, expires_in: 7200 }, message: 'success' },
  tokenErrors: [
    { body: douyin(10003), errorClass: 'credential-invalid', code: 10003 },
    { body: douyin(10013), errorClass: 'credential-invalid' },
    { body: douyin(10002), errorClass: 'permission' },
    { body: douyin(10020), errorClass: 'rate-limited' },
  ],
  apiErrors: [
    { body: douyin(2190008), errorClass: 'token-expired', code: 2190008 },
    { body: { err_no: 28001003, err_msg: 'm' }, errorClass: 'token-invalid', code: 28001003 },
  ],
})
