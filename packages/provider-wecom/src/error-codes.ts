import type { CodeSpec, Endpoint, ErrorTable, Hint } from '@lingpai/core'

/**
 * WeCom's codes by class.
 *
 * Unlike WeChat's, WeCom's 40001 is never a stale token: an expired one is rejected with 40014 or 42001. 40082, 42007 and
 * 42009 mean that a credential of another kind (suite token, pre_auth_code) has expired: a new token of the app would not help, so
 * they trigger no refresh.
 *
 * @see https://developer.work.weixin.qq.com/document/path/90313 (as in xen0n/go-workwx errcodes/mod.go, read 2026-11-20)
 * @see https://github.com/binarywang/WxJava WxCpErrorMsgEnum.java at 3e48dc7 (read 2026-11-20)
 */
export const errorTables: Readonly<Record<Endpoint, ErrorTable>> = {
  token: {
    'credential-invalid': [40001, 40013, 40080, 40083, 40085, 40091, 41002, 41004],
    // Documented for API calls; it means the same in a token response.
    'ip-denied': [60020],
    permission: [50003, 301007],
    'needs-reauthorization': [40084, 48004],
    'rate-limited': [45009, 45033],
    transient: [-1],
  },
  api: {
    'token-expired': [42001],
    'token-invalid': [40014],
    'credential-invalid': [40001, 40013, 40080, 40083, 40085, 40091],
    'ip-denied': [60020],
    permission: [
      40056, 40082, 40093, 41001, 41002, 41004, 41022, 42007, 42009, 42012, 48002, 48003, 50003, 60011, 301002, 301007,
    ],
    'needs-reauthorization': [40084, 48004],
    'rate-limited': [45009, 45033],
    transient: [-1, 6000],
  },
}

/** Meaning of single codes, and how they differ from their class. */
export const perCode: Readonly<Record<string, CodeSpec>> = {
  '-1': { note: { en: 'the platform is busy', zh: '平台繁忙' } },
  6000: { note: { en: 'two writers changed the same data', zh: '数据版本冲突，有两方同时修改' } },
  40001: {
    note: {
      en: 'secret wrong, reset, or of another corporation; or the app is disabled',
      zh: 'Secret 错误、已重置或属于其他企业；或应用已停用',
    },
  },
  40013: { note: { en: 'CorpID invalid', zh: '企业 ID 无效' } },
  40014: { note: { en: 'the token is invalid or expired, or of another kind', zh: '令牌无效、已过期，或类型不符' } },
  40056: { note: { en: 'AgentId invalid', zh: 'AgentId 无效' } },
  40080: { note: { en: 'suite secret invalid', zh: 'suite_secret 无效' } },
  40082: { note: { en: 'suite token invalid or expired', zh: 'suite_access_token 无效或已过期' } },
  40083: { note: { en: 'suite id invalid', zh: 'suite_id 无效' } },
  40084: {
    note: { en: 'permanent code invalid, or the authorization was withdrawn', zh: '永久授权码无效，或授权已取消' },
  },
  40085: { note: { en: 'suite ticket invalid or expired', zh: 'suite_ticket 无效或已过期' } },
  40091: { note: { en: 'the secret is of another corporation', zh: 'Secret 属于其他企业' } },
  40093: { note: { en: 'jsapi signature wrong, or its ticket expired', zh: 'jsapi 签名错误，或其票据已过期' } },
  41001: { note: { en: 'no access_token in the request', zh: '请求中没有 access_token' } },
  41002: { note: { en: 'no corpid in the request', zh: '请求中没有 corpid' } },
  41004: { note: { en: 'no secret in the request', zh: '请求中没有 secret' } },
  41022: { note: { en: 'no suite_access_token in the request', zh: '请求中没有 suite_access_token' } },
  42001: { note: { en: 'the token expired', zh: '令牌已过期' } },
  42007: { note: { en: 'pre_auth_code expired', zh: 'pre_auth_code 已过期' } },
  42009: { note: { en: 'suite token expired', zh: 'suite_access_token 已过期' } },
  42012: { note: { en: 'jsapi ticket of another kind', zh: 'jsapi_ticket 类型不符' } },
  // The limits per minute and per hour share this code; path/90454.
  45009: { note: { en: 'too many calls', zh: '调用过于频繁' }, coolDownSeconds: 60 },
  45033: { note: { en: 'too many calls at the same time', zh: '并发调用过多' }, coolDownSeconds: 5 },
  48002: { note: { en: 'the app may not call this API', zh: '应用无权调用此接口' } },
  48003: { note: { en: 'suite token of another suite', zh: 'suite_access_token 属于其他套件' } },
  48004: { note: { en: 'the authorization is gone', zh: '授权已失效' } },
  50003: { note: { en: 'the app is disabled', zh: '应用已停用' } },
  60011: {
    note: {
      en: "the member, department or tag is outside the app's scope",
      zh: '成员、部门或标签不在应用的可见范围内',
    },
  },
  60020: { note: { en: 'the source IP is not trusted', zh: '来源 IP 不可信' } },
  301002: { note: { en: 'the token belongs to another app', zh: '令牌属于其他应用' } },
  301007: { note: { en: 'the corporation is dissolved or banned', zh: '企业已解散或被封禁' } },
}

const suiteToken: Hint = {
  en: "The error concerns a credential of a third-party suite, not the app's token: renew that credential.",
  zh: '此错误针对第三方应用套件的凭据，与应用自身的令牌无关：请更新该凭据。',
}

const suiteCredentials: Hint = {
  en: "Compare the suite's id and secret with the service provider's console.",
  zh: '请与服务商管理后台的 suite_id 和 suite_secret 核对。',
}

/** What an operator can do about WeCom's errors. */
export const hints: Readonly<Record<string, Hint>> = {
  'token-expired': {
    en: 'The token expired and was replaced; if this repeats at once, compare the clocks of your hosts.',
    zh: '令牌已过期并已更换；若立刻再次出现，请核对各主机的时钟。',
  },
  'token-invalid': {
    en: 'The token was rejected; if a new one is rejected too, check that the API expects the access_token of an app, not a suite or provider token.',
    zh: '令牌被拒绝；若更换后仍被拒绝，请确认该接口需要的是应用的 access_token，而不是 suite 或 provider 的令牌。',
  },
  'credential-invalid': {
    en: "Compare CorpID and the app's Secret with the WeCom admin console; each app has its own Secret, and a reset one replaces the old one.",
    zh: '请与企业微信管理后台的企业 ID 和应用 Secret 核对；每个应用各有 Secret，重置后旧的即失效。',
  },
  agentId: {
    en: 'Built-in apps such as contacts have no AgentId: use any text, such as "contacts"; it is not sent and only distinguishes the tokens of two apps.',
    zh: '通讯录同步等内置应用没有 AgentId：可填任意文字，例如 “contacts”；它不会发送，只用于区分同一企业的不同应用。',
  },
  'ip-denied': {
    en: 'Add {ip} to the trusted IP addresses (企业可信IP) of the app in the WeCom admin console.',
    zh: '请在企业微信管理后台把 {ip} 加入该应用的“企业可信IP”。',
  },
  permission: {
    en: 'The app may not do this: check its permissions and scope in the WeCom admin console.',
    zh: '应用没有权限：请在企业微信管理后台查看应用的权限与可见范围。',
  },
  'needs-reauthorization': {
    en: 'An administrator of the corporation must authorize the app again.',
    zh: '需要企业管理员重新授权该应用。',
  },
  'rate-limited': {
    en: 'Too many calls: slow down; the current token remains valid.',
    zh: '调用过于频繁：请放慢速度，现有令牌仍可使用。',
  },
  transient: { en: 'The platform is busy: try again later.', zh: '平台繁忙：请稍后重试。' },
  6000: {
    en: 'Two callers changed the same data: try again later.',
    zh: '有两个调用方同时修改同一数据：请稍后重试。',
  },
  40056: {
    en: 'Check the AgentId: it must be the number of an app that exists in the admin console.',
    zh: '请检查 AgentId：应为管理后台中已有应用的编号。',
  },
  40001: {
    en: "Check that the Secret is the current one of this app and of this corporation, and that the app is enabled; WeChat's meaning of 40001 does not apply here.",
    zh: '请确认 Secret 属于该企业的该应用且为最新，应用也未停用；此处的 40001 与公众号的含义不同。',
  },
  40013: {
    en: 'Check the CorpID: the admin console shows it under "My company".',
    zh: '请检查企业 ID：可在管理后台“我的企业”中查看。',
  },
  40080: suiteCredentials,
  40082: suiteToken,
  40083: suiteCredentials,
  40085: {
    en: 'The suite ticket expired: wait for the next push, about every 10 minutes.',
    zh: 'suite_ticket 已失效：请等待下一次推送（约 10 分钟一次）。',
  },
  40091: {
    en: 'The Secret belongs to another corporation: CorpID and Secret must come from the same one.',
    zh: 'Secret 属于其他企业：企业 ID 与 Secret 必须来自同一企业。',
  },
  40093: {
    en: 'Compare the jsapi_ticket, the page URL without its # part and the timestamp in seconds that were signed.',
    zh: '请核对签名所用的 jsapi_ticket、不含 # 部分的页面 URL，以及以秒为单位的时间戳。',
  },
  41001: {
    en: 'The call carried no access_token: put it into the query of the URL.',
    zh: '请求中没有 access_token：请把它放在 URL 的查询参数里。',
  },
  41002: { en: 'The call carried no corpid: add it.', zh: '请求中没有 corpid：请补上。' },
  41004: { en: 'The call carried no secret: add it.', zh: '请求中没有 secret：请补上。' },
  41022: suiteToken,
  42007: suiteToken,
  42009: suiteToken,
  42012: {
    en: "Sign with the ticket of the right kind: the corporation's and the app's jsapi tickets are not interchangeable.",
    zh: '请使用正确种类的票据签名：企业与应用的 jsapi_ticket 不能混用。',
  },
  48003: suiteToken,
  45009: {
    en: 'WeCom blocks for 60 seconds (limit per minute) or 60 minutes (limit per hour): let all processes share one cache.',
    zh: '企业微信会拦截 60 秒（分钟规则）或 60 分钟（小时规则）：请让所有进程共用一个缓存。',
  },
  45033: {
    en: 'Too many concurrent calls: send fewer at the same time.',
    zh: '并发调用过多：请减少同时发出的请求。',
  },
  50003: {
    en: 'The app is disabled: enable it in the WeCom admin console.',
    zh: '应用已停用：请在企业微信管理后台启用。',
  },
  60011: {
    en: "Add the member, department or tag to the app's visible scope.",
    zh: '请把该成员、部门或标签加入应用的可见范围。',
  },
  301002: {
    en: 'The token belongs to another app: give each app its own AgentId and Secret.',
    zh: '令牌属于其他应用：请为每个应用使用各自的 AgentId 和 Secret。',
  },
  301007: {
    en: 'The corporation is dissolved or banned: ask its administrator.',
    zh: '该企业已解散或被封禁：请联系企业管理员。',
  },
}
