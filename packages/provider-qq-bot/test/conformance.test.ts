import type { ErrorClass } from '@lingpai/core'
import { providerConformance, type ErrorSample } from '@lingpai/testing/conformance'
import { qqBot } from '@lingpai/provider-qq-bot'

const coded = (errorClass: ErrorClass, ...codes: readonly number[]): readonly ErrorSample[] =>
  codes.map((code) => ({ body: { code, message: 'm' }, errorClass, code }))

providerConformance(test, qqBot, {
  credentials: { appId: '102000001', clientSecret: 'secret' },
  ok: { access_token: 'A1', expires_in: '7200' },
  alsoOk: [
    { access_token: 'A1', expires_in: '1222' },
    { access_token: 'A1', expires_in: 61 },
  ],
  tokenErrors: [
    { body: { code: 100001, message: 'Too many requests' }, errorClass: 'rate-limited' },
    { body: { code: 100016, message: 'invalid appid or secret' }, errorClass: 'credential-invalid' },
    { body: { code: 100007, message: 'appid invalid' }, errorClass: 'credential-invalid' },
    { body: { code: 10004, message: '机器人不存在' }, errorClass: 'credential-invalid' },
    { body: { code: 100002, message: 'internal err' }, errorClass: 'transient' },
  ],
  apiErrors: [
    {
      status: 401,
      body: { message: 'token not exist or expire', code: 11244, err_code: 11244, trace_id: 't' },
      errorClass: 'token-expired',
      code: 11244,
      traceId: 't',
    },
    {
      status: 401,
      headers: { 'X-Tps-trace-ID': 'from-the-header' },
      body: { message: 'AccessToken无效或过期', code: 11244, err_code: 40011027 },
      errorClass: 'token-expired',
      code: 40011027,
      traceId: 'from-the-header',
    },
    // Whichever field the table lists decides.
    { status: 401, body: { message: 'm', code: 11244, err_code: 99999 }, errorClass: 'token-expired', code: 11244 },
    {
      status: 401,
      body: { message: '接口访问源IP不在白名单', code: 11298, err_code: 40023002, trace_id: 't' },
      errorClass: 'ip-denied',
      traceId: 't',
    },
    {
      status: 400,
      body: { message: '消息被去重，请检查请求msgseq', code: 40054005, err_code: 40054005, trace_id: 't' },
      errorClass: 'permission',
    },
    { status: 404, body: { message: 'unknown guild', code: 10004 }, errorClass: 'unknown' },
    ...coded('token-expired', 11244, 40011027),
    ...coded('token-invalid', 11243),
    ...coded('credential-invalid', 11245, 11251, 11261, 11275),
    ...coded('permission', 11241, 11253, 11254, 11264, 11282, 11274, 11262, 11273, 11265, 304018),
    ...coded(
      'permission',
      304103,
      40034005,
      40034024,
      40034102,
      40034128,
      40054002,
      40054005,
      40054007,
      40054010,
      40054016,
    ),
    ...coded('transient', 11242, 40012002, 11252, 11263, 11281, 304082, 304083, 850012, 850026, 50055001),
    ...coded('quota-exhausted', 40034100),
    ...coded('ip-denied', 11298, 40023002),
    ...coded('rate-limited', 20028, 1100308, 610013, 620006, 22009),
    // Accepted for review: no error of the token, of the caller or of the platform.
    ...coded('unknown', 304023, 304024, 4004),
  ],
})
