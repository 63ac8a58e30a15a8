import type { CodeSpec, Endpoint, ErrorTable, Hint } from '@lingpai/core'

/**
 * DingTalk's codes by class: texts of the newer API, numbers of the older one, where they may stand in `sub_code` beside
 * `errcode` 88. The latter is not a code of its own, and no table has it.
 *
 * Nothing but a dead token triggers a refresh: a call without the token's header is refused with another code.
 *
 * @see https://open.dingtalk.com/document/development/obtain-the-access-token-of-an-internal-app (read 2026-11-28)
 * @see https://open.dingtalk.com/document/development/obtain-the-access-token-of-the-authorized-enterprise-1 for suites (2026-06-08, read 2026-11-28)
 * @see https://github.com/satorijs/satori/issues/240 for `InvalidAuthentication` and 40014 (read 2026-11-28)
 */
export const errorTables: Readonly<Record<Endpoint, ErrorTable>> = {
  token: {
    'credential-invalid': [
      'invalidClientIdOrSecret',
      'invalid.client',
      'unauthorized.client',
      'invalidSuiteKey',
      // The table of the platform has 40089; the platform responds with 40096.
      40096,
      40089,
      40035,
    ],
    // Seen in API calls only; they mean the same in a token response.
    'ip-denied': ['Forbidden.AccessDenied.IpNotInWhiteList', 60020],
    permission: ['unsupported.grant.type'],
    'needs-reauthorization': ['invalidAuthInfo'],
    // The numbers have no official source. A code that is missing here is not retried earlier.
    'rate-limited': [90002, 90018],
    transient: [-1, 'server.error', 'unknownError', 'invalidSuiteTicket'],
  },
  api: {
    // No response with 40001 or 42001 is recorded. A call carries nothing but the token, so if they mean something else, they cost one
    // refresh: https://developer.aliyun.com/ask/242976 (read 2026-11-20) says that an expired token gets 40014.
    'token-invalid': ['InvalidAuthentication', 40014, 40001],
    'token-expired': [42001],
    'ip-denied': ['Forbidden.AccessDenied.IpNotInWhiteList', 60020],
    permission: [
      'Forbidden.AccessDenied.AccessTokenPermissionDenied',
      'AuthenticationFailed.MissingParameter',
      40000,
      60011,
    ],
    'rate-limited': [90002, 90018],
    transient: [-1],
  },
}

/** Meaning of single codes, and how they differ from their class. */
export const perCode: Readonly<Record<string, CodeSpec>> = {
  invalidClientIdOrSecret: { note: { en: 'AppKey or AppSecret wrong', zh: 'AppKey 或 AppSecret 错误' } },
  'invalid.client': { note: { en: 'Client ID or Client Secret wrong', zh: 'Client ID 或 Client Secret 错误' } },
  'unauthorized.client': { note: { en: 'the app may not request a token', zh: '应用无权获取令牌' } },
  'unsupported.grant.type': { note: { en: 'grant_type unknown', zh: '不支持的 grant_type' } },
  'server.error': { note: { en: 'the platform failed', zh: '平台内部错误' } },
  // HTTP 500 is what a wrong corpId really gets. Repeating it at once would not help, and a platform that fails comes back.
  unknownError: {
    note: { en: 'CorpId wrong, or the platform failed', zh: 'CorpId 错误，或平台内部错误' },
    attempts: 1,
  },
  invalidSuiteKey: { note: { en: 'SuiteKey or SuiteSecret wrong', zh: 'SuiteKey 或 SuiteSecret 错误' } },
  // The next request takes the ticket that has been pushed by then.
  invalidSuiteTicket: {
    note: { en: 'SuiteTicket invalid or replaced', zh: 'SuiteTicket 无效或已被替换' },
    attempts: 1,
    coolDownSeconds: 10,
  },
  invalidAuthInfo: {
    note: { en: 'the organisation has not enabled the app, or no longer', zh: '企业未开通或已停用该应用' },
  },
  40096: { note: { en: 'AppKey or AppSecret wrong', zh: 'AppKey 或 AppSecret 错误' } },
  40089: { note: { en: 'AppKey or AppSecret wrong', zh: 'AppKey 或 AppSecret 错误' } },
  40035: { note: { en: 'a parameter is missing', zh: '缺少参数' } },
  '-1': { note: { en: 'the platform is busy', zh: '平台繁忙' } },
  InvalidAuthentication: { note: { en: 'the token is invalid or expired', zh: '令牌无效或已过期' } },
  40014: { note: { en: 'the token is invalid or expired', zh: '令牌无效或已过期' } },
  40001: { note: { en: 'the token is invalid', zh: '令牌无效' } },
  42001: { note: { en: 'the token expired', zh: '令牌已过期' } },
  'Forbidden.AccessDenied.IpNotInWhiteList': {
    note: { en: 'the source IP is not in the list of the app', zh: '来源 IP 不在应用的白名单内' },
  },
  60020: { note: { en: 'the source IP is not in the list of the app', zh: '来源 IP 不在应用的白名单内' } },
  'Forbidden.AccessDenied.AccessTokenPermissionDenied': {
    note: { en: 'the app lacks the permission', zh: '应用没有该接口的权限' },
  },
  'AuthenticationFailed.MissingParameter': { note: { en: 'no token in the header', zh: '请求头中没有令牌' } },
  40000: { note: { en: 'the token is blank', zh: '令牌为空' } },
  60011: { note: { en: 'the app lacks the permission', zh: '应用没有该接口的权限' } },
  90002: { note: { en: 'too many calls', zh: '调用过于频繁' } },
  90018: { note: { en: 'too many calls', zh: '调用过于频繁' } },
}

/** What an operator can do about DingTalk's errors. */
export const hints: Readonly<Record<string, Hint>> = {
  'token-expired': {
    en: 'The token expired and was replaced; if this repeats at once, compare the clocks of your hosts.',
    zh: '令牌已过期并已更换；若立刻再次出现，请核对各主机的时钟。',
  },
  'token-invalid': {
    en: 'The token was rejected; if a new one is rejected too, check that the API accepts the token of this endpoint: those of api.dingtalk.com and oapi.dingtalk.com may differ.',
    zh: '令牌被拒绝；若更换后仍被拒绝，请确认该接口接受此方式获取的令牌：api.dingtalk.com 与 oapi.dingtalk.com 的令牌可能不通用。',
  },
  'credential-invalid': {
    en: 'Compare the Client ID (AppKey, SuiteKey) and Client Secret with the credentials of the app in the DingTalk developer console.',
    zh: '请与钉钉开发者后台该应用的 Client ID（AppKey、SuiteKey）和 Client Secret 核对。',
  },
  'ip-denied': {
    en: 'Add {ip} to the server egress IPs (服务器出口IP) of the app in the DingTalk developer console; it may be an IPv6 address.',
    zh: '请在钉钉开发者后台把 {ip} 加入该应用的“服务器出口IP”；它可能是 IPv6 地址。',
  },
  permission: {
    en: 'The app may not do this: request the permission in the DingTalk developer console.',
    zh: '应用没有权限：请在钉钉开发者后台申请相应的权限。',
  },
  'needs-reauthorization': {
    en: 'An administrator of the organisation must enable or authorize the app again.',
    zh: '需要企业管理员重新开通或授权该应用。',
  },
  'rate-limited': {
    en: 'Too many calls: slow down; the current token remains valid.',
    zh: '调用过于频繁：请放慢速度，现有令牌仍可使用。',
  },
  transient: { en: 'The platform is busy: try again later.', zh: '平台繁忙：请稍后重试。' },
  unknownError: {
    en: 'Check the CorpId: the platform responds with HTTP 500 to one that does not exist or has not enabled the app. If it is right, try again later.',
    zh: '请检查 CorpId：企业不存在或未开通该应用时，平台会返回 HTTP 500。若 CorpId 无误，请稍后重试。',
  },
  invalidSuiteTicket: {
    en: 'Wait for the next ticket, about every 5 hours; check that your endpoint keeps each pushed one and responds with "success".',
    zh: '请等待下一次推送（约 5 小时一次）；并确认推送地址保存了每个 SuiteTicket，且返回 “success”。',
  },
  40035: {
    en: 'A parameter is missing: gettoken reads the query only, and ignores a body.',
    zh: '缺少参数：gettoken 只读取查询参数，忽略请求体。',
  },
  'AuthenticationFailed.MissingParameter': {
    en: 'Send the token in the header x-acs-dingtalk-access-token: api.dingtalk.com reads neither Authorization nor the query.',
    zh: '请把令牌放在请求头 x-acs-dingtalk-access-token 中：api.dingtalk.com 不读取 Authorization 或查询参数。',
  },
  40000: {
    en: 'The call carried no access_token: put it into the query of the URL.',
    zh: '请求中没有 access_token：请把它放在 URL 的查询参数里。',
  },
}
