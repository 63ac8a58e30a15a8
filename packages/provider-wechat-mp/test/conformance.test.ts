import type { ErrorClass, Provider } from '@lingpai/core'
import { providerConformance, type ProviderSamples, type ErrorSample } from '@lingpai/testing/conformance'
import { cardTicket, jsapiTicket, wechatMp, wechatMpPlain, type WechatMpCredentials } from '@lingpai/provider-wechat-mp'

const coded = (errorClass: ErrorClass, ...codes: readonly number[]): readonly ErrorSample[] =>
  codes.map((errcode) => ({ body: { errcode, errmsg: 'm' }, errorClass, code: errcode }))

const refused = (errcode: number, errmsg: string, errorClass: ErrorClass, ip?: string): ErrorSample => ({
  body: { errcode, errmsg: `${errmsg} rid: 68aeab12-1234abcd-0a1b2c3d` },
  errorClass,
  code: errcode,
  traceId: '68aeab12-1234abcd-0a1b2c3d',
  ...(ip !== undefined && { ip }),
})

const samples: ProviderSamples<WechatMpCredentials> = {
  credentials: { appId: 'wx1234567890abcdef', appSecret: 'secret' },
  ok: { access_token: 'B1', expires_in: 7200 },
  alsoOk: [
    { access_token: 'B1', expires_in: 345 },
    { errcode: 0, errmsg: 'ok', access_token: 'B1', expires_in: 300 },
  ],
  tokenErrors: [
    refused(40125, 'invalid appsecret', 'credential-invalid'),
    refused(40164, 'invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist', 'ip-denied', '1.2.3.4'),
    refused(61004, 'access clientip is not registered requestIP: 1.2.3.4', 'ip-denied', '1.2.3.4'),
    refused(45011, 'api minute-quota reach limit, must slower, retry next minute', 'rate-limited'),
    refused(45009, 'reach max api daily quota limit', 'quota-exhausted'),
    {
      body: { errcode: 40125, errmsg: 'invalid appsecret rid: 1-2-3' },
      errorClass: 'credential-invalid',
      traceId: '1-2-3',
    },
    ...coded('transient', -1),
    ...coded('credential-invalid', 40001, 40002, 40013, 40125, 40243, 41002, 41004),
    ...coded('ip-denied', 40164, 61004, 89503, 89501, 89506, 89507),
    ...coded('permission', 43002, 50004, 50007, 61024),
    ...coded('quota-exhausted', 45009),
    ...coded('rate-limited', 45011),
    // Codes of API calls mean nothing here.
    ...coded('unknown', 40014, 42001, 42007, 48001, 61023),
  ],
  apiErrors: [
    refused(40001, 'invalid credential, access_token is invalid or not latest', 'token-invalid'),
    refused(42001, 'access_token expired', 'token-expired'),
    refused(45009, 'reach max api daily quota limit', 'quota-exhausted'),
    ...coded('transient', -1),
    ...coded('token-invalid', 40001, 40014),
    ...coded('token-expired', 42001),
    ...coded('ip-denied', 45035),
    ...coded('permission', 41001, 48001, 48004, 50002),
    ...coded('needs-reauthorization', 42007),
    ...coded('quota-exhausted', 45009),
    ...coded('rate-limited', 45011),
    ...coded('unknown', 40125, 40164, 42009, 61023),
  ],
}

const providers: readonly Provider<WechatMpCredentials>[] = [wechatMp, wechatMpPlain]
for (const provider of providers) providerConformance(test, provider, samples)

const ticketSamples: ProviderSamples<WechatMpCredentials> = {
  credentials: samples.credentials,
  ok: { errcode: 0, errmsg: 'ok', ticket: 'bxLdikRXVbTPdHSM05e5u5sUoXNKd8', expires_in: 7200 },
  // Asking for a ticket is an API call: what refuses the token there refuses it here.
  tokenErrors: samples.apiErrors,
  apiErrors: [],
}

for (const provider of [jsapiTicket, cardTicket]) providerConformance(test, provider, ticketSamples)
