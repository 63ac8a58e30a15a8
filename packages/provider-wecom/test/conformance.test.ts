import type { ErrorClass } from '@lingpai/core'
import { providerConformance, type ProviderSamples, type ErrorSample } from '@lingpai/testing/conformance'
import { agentTicket, corpTicket, wecom, type WecomCredentials } from '@lingpai/provider-wecom'

const coded = (errorClass: ErrorClass, ...codes: readonly number[]): readonly ErrorSample[] =>
  codes.map((errcode) => ({ body: { errcode, errmsg: 'm' }, errorClass, code: errcode }))

const frequency: ErrorSample = {
  body: {
    errcode: 45009,
    errmsg:
      'api freq out of limit, hint: [1], from ip: 1.2.3.4, more info at https://open.work.weixin.qq.com/devtool/query?e=45009',
  },
  errorClass: 'rate-limited',
  traceId: '1',
  ip: '1.2.3.4',
}

const samples: ProviderSamples<WecomCredentials> = {
  credentials: { corpId: 'ww1234567890abcdef', agentId: '1000002', corpSecret: 'secret' },
  ok: { errcode: 0, errmsg: 'ok', access_token: 'C1', expires_in: 7200 },
  alsoOk: [{ errcode: 0, errmsg: 'ok', access_token: 'C1', expires_in: 1 }],
  tokenErrors: [
    frequency,
    ...coded('transient', -1),
    ...coded('credential-invalid', 40001, 40013, 40080, 40083, 40085, 40091, 41002, 41004),
    ...coded('needs-reauthorization', 40084, 48004),
    ...coded('permission', 50003, 301007),
    ...coded('rate-limited', 45009, 45033),
    ...coded('ip-denied', 60020),
    ...coded('unknown', 40014, 42001),
  ],
  apiErrors: [
    { body: { errcode: 40014, errmsg: 'invalid access_token' }, errorClass: 'token-invalid' },
    {
      body: {
        ip_list: [],
        errcode: 42001,
        errmsg:
          'access_token expired, hint: [1576065934_28_e0fa], from ip: 9.30.0.138, more info at https://example.com',
      },
      errorClass: 'token-expired',
      traceId: '1576065934_28_e0fa',
      ip: '9.30.0.138',
    },
    frequency,
    ...coded('transient', -1, 6000),
    ...coded('token-invalid', 40014),
    ...coded('token-expired', 42001),
    ...coded('credential-invalid', 40001, 40013, 40080, 40083, 40085, 40091),
    ...coded('ip-denied', 60020),
    ...coded('permission', 40056, 301002, 40093, 41001, 41002, 41004, 41022, 42012, 48002, 48003, 50003, 60011, 301007),
    // Of another kind of token: refreshing the app's would not help.
    ...coded('permission', 40082, 42007, 42009),
    ...coded('needs-reauthorization', 40084, 48004),
    ...coded('rate-limited', 45009, 45033),
  ],
}

providerConformance(test, wecom, samples)

const ticketSamples: ProviderSamples<WecomCredentials> = {
  credentials: samples.credentials,
  ok: { errcode: 0, errmsg: 'ok', ticket: 'bxLdikRXVbTPdHSM05e5u5sUoXNKd8', expires_in: 7200 },
  // Asking for a ticket is an API call: what refuses the token there refuses it here.
  tokenErrors: samples.apiErrors,
  apiErrors: [],
}

for (const provider of [corpTicket, agentTicket]) providerConformance(test, provider, ticketSamples)
