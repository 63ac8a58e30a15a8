import type { Hint } from '@lingpai/core'

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
