import type { ErrorClass } from '@lingpai/core'
import { providerConformance, type ErrorSample } from '@lingpai/testing/conformance'
import {
  dingtalk,
  dingtalkCorp,
  dingtalkOld,
  dingtalkSuite,
  dingtalkUnified,
  jsapiTicket,
} from '@lingpai/provider-dingtalk'

/** Errors of the newer API: a code that is a text, and an HTTP status. */
const coded = (errorClass: ErrorClass, status: number, ...codes: readonly string[]): readonly ErrorSample[] =>
  codes.map((code) => ({ status, body: { requestid: 'R1', code, message: 'm' }, errorClass, code, traceId: 'R1' }))

/** Errors of the older API: HTTP 200 and a number. */
const numbered = (errorClass: ErrorClass, ...codes: readonly number[]): readonly ErrorSample[] =>
  codes.map((errcode) => ({ body: { errcode, errmsg: 'm' }, errorClass, code: errcode }))

/** Errors of /topapi: always errcode 88, and the code as a text in `sub_code`. */
const enveloped = (errorClass: ErrorClass, ...codes: readonly number[]): readonly ErrorSample[] =>
  codes.map((code) => ({
    body: { errcode: 88, sub_code: String(code), sub_msg: 'm', errmsg: `ding talk error[subcode=${code},submsg=m]` },
    errorClass,
    code: String(code),
  }))

const tokenErrors: readonly ErrorSample[] = [
  {
    status: 500,
    body: { requestid: 'R1', code: 'unknownError', message: '未知错误' },
    errorClass: 'transient',
    traceId: 'R1',
  },
  { body: { errcode: 40096, errmsg: '不合法的appKey或appSecret' }, errorClass: 'credential-invalid' },
  {
    status: 400,
    body: { requestid: 'R1', code: 'invalidSuiteKey', message: 'suitekey不合法' },
    errorClass: 'credential-invalid',
  },
  ...coded('credential-invalid', 400, 'invalidClientIdOrSecret', 'invalid.client'),
  ...coded('credential-invalid', 401, 'unauthorized.client'),
  ...coded('permission', 400, 'unsupported.grant.type'),
  ...coded('transient', 500, 'server.error'),
  ...coded('transient', 400, 'invalidSuiteTicket'),
  ...coded('needs-reauthorization', 400, 'invalidAuthInfo'),
  ...numbered('credential-invalid', 40089, 40035),
  ...numbered('rate-limited', 90002, 90018),
  ...numbered('transient', -1),
  ...numbered('unknown', 404, 88, 40014),
]

const apiErrors: readonly ErrorSample[] = [
  {
    status: 400,
    body: { code: 'InvalidAuthentication', requestid: 'R1', message: '不合法的access_token' },
    errorClass: 'token-invalid',
    traceId: 'R1',
  },
  {
    status: 400,
    body: {
      code: 'AuthenticationFailed.MissingParameter',
      requestid: 'R1',
      message: '缺少参数：x-acs-dingtalk-access-token',
    },
    errorClass: 'permission',
  },
  {
    body: {
      errcode: 88,
      sub_code: '40014',
      sub_msg: '不合法的access_token',
      errmsg: 'ding talk error[subcode=40014,submsg=不合法的access_token]',
      request_id: 'R2',
    },
    errorClass: 'token-invalid',
    code: '40014',
    traceId: 'R2',
  },
  ...['203.0.113.7', '2001:db8::7:1', '2001:DB8:0:1::1'].map((ip) => ({
    status: 403,
    body: { code: 'Forbidden.AccessDenied.IpNotInWhiteList', requestid: 'R1', message: `denied, request ip=${ip}.` },
    errorClass: 'ip-denied' as const,
    ip,
  })),
  { body: { errcode: 88, sub_code: '60020', sub_msg: 'request ip=::1, denied' }, errorClass: 'ip-denied', ip: '::1' },
  ...coded('permission', 403, 'Forbidden.AccessDenied.AccessTokenPermissionDenied'),
  ...enveloped('permission', 40000, 60011),
  ...enveloped('ip-denied', 60020),
  ...enveloped('rate-limited', 90002, 90018),
  // A code of its own that no table has is not that of the envelope.
  ...enveloped('unknown', 33012),
  ...numbered('token-invalid', 40014, 40001),
  ...numbered('token-expired', 42001),
  ...numbered('transient', -1),
  ...numbered('unknown', 88),
]

const newer = { accessToken: 'D1', expireIn: 7200 }
const older = { access_token: 'D1', expires_in: 7200 }
const errors = { tokenErrors, apiErrors }
const app = { appKey: 'ding1', appSecret: 'secret' }
const suite = { suiteKey: 'suite1', suiteSecret: 'secret', suiteTicket: 'PLANTED-SECRET-ticket' }

providerConformance(test, dingtalk, { credentials: app, ok: newer, ...errors })
providerConformance(test, dingtalkOld, { credentials: app, ok: { errcode: 0, errmsg: 'ok', ...older }, ...errors })
providerConformance(test, dingtalkUnified, {
  credentials: { corpId: 'ding/c?rp', clientId: 'ding1', clientSecret: 'secret' },
  ok: older,
  ...errors,
})
providerConformance(test, dingtalkCorp, { credentials: { ...suite, authCorpId: 'corp1' }, ok: newer, ...errors })
providerConformance(test, dingtalkSuite, { credentials: suite, ok: newer, ...errors })
// Asking for a ticket is an API call: what rejects the token there rejects it here.
providerConformance(test, jsapiTicket, {
  credentials: app,
  ok: { jsapiTicket: 'J1', expireIn: 7200 },
  tokenErrors: apiErrors,
  apiErrors: [],
})
