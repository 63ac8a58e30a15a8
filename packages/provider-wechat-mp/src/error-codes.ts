import type { CodeSpec, Endpoint, ErrorTable, Hint } from '@lingpai/core'

/**
 * WeChat's codes by class, for both ways to a token.
 *
 * 40001 is a wrong secret at `token` and a replaced token at `api`. 42007 is about a user's own token: the app's token is
 * valid, and a refresh would not help.
 *
 * @see https://developers.weixin.qq.com/doc/channels/API/basics/commErrCode.html (read 2026-11-20)
 * @see https://developers.weixin.qq.com/doc/service/guide/dev/api (40243, 61004; read 2026-11-20)
 * @see https://github.com/binarywang/WxJava WxOpenErrorMsgEnum.java at 3e48dc7 (40164, 45035, 50004, 61024, 89501-89507)
 */
export const errorTables: Readonly<Record<Endpoint, ErrorTable>> = {
  token: {
    'credential-invalid': [40001, 40002, 40013, 40125, 40243, 41002, 41004],
    'ip-denied': [40164, 61004, 89501, 89503, 89506, 89507],
    permission: [43002, 50004, 50007, 61024],
    'rate-limited': [45011],
    'quota-exhausted': [45009],
    transient: [-1],
  },
  api: {
    'token-expired': [42001],
    'token-invalid': [40001, 40014],
    'ip-denied': [45035],
    permission: [41001, 48001, 48004, 50002],
    'needs-reauthorization': [42007],
    'rate-limited': [45011],
    'quota-exhausted': [45009],
    transient: [-1],
  },
}

const minute = 60
const hour = 60 * minute

/** What single codes mean and where they differ from their class. */
export const perCode: Readonly<Record<string, CodeSpec>> = {
  '-1': { note: { en: 'the platform is busy', zh: '平台繁忙' } },
  40001: {
    note: {
      en: 'token endpoint: AppSecret wrong; API: the token was replaced or is of another account',
      zh: '获取令牌时：AppSecret 错误；调用 API 时：令牌已被替换，或属于其他账号',
    },
  },
  40002: { note: { en: 'wrong grant_type', zh: 'grant_type 错误' } },
  40013: { note: { en: 'AppID invalid', zh: 'AppID 无效' } },
  40014: { note: { en: 'the token is malformed, or of another account', zh: '令牌格式不正确，或属于其他账号' } },
  40125: { note: { en: 'AppSecret invalid, or reset', zh: 'AppSecret 无效，或已被重置' } },
  40164: { note: { en: 'the source IP is not on the white-list', zh: '来源 IP 不在白名单中' } },
  // Freezing and unfreezing take about ten minutes to apply.
  40243: { note: { en: 'the AppSecret is frozen', zh: 'AppSecret 已被冻结' }, coolDownSeconds: 10 * minute },
  41001: { note: { en: 'no access_token in the request', zh: '请求中没有 access_token' } },
  41002: { note: { en: 'no appid in the request', zh: '请求中没有 appid' } },
  41004: { note: { en: 'no secret in the request', zh: '请求中没有 secret' } },
  42001: { note: { en: 'the token expired', zh: '令牌已过期' } },
  42007: {
    note: {
      en: "the user changed the password, which ended the user's own token",
      zh: '用户修改了密码，其个人令牌失效',
    },
  },
  43002: { note: { en: 'the endpoint requires POST', zh: '该接口须用 POST 请求' } },
  45009: { note: { en: 'the daily quota is used up', zh: '当日额度已用完' } },
  45011: { note: { en: 'the quota of this minute is used up', zh: '本分钟的额度已用完' }, coolDownSeconds: minute },
  45035: { note: { en: 'the source IP is not registered', zh: '来源 IP 未登记' } },
  48001: { note: { en: 'the account is not granted this API', zh: '该账号没有此接口的权限' } },
  48004: { note: { en: 'this API is banned for the account', zh: '该账号的此接口已被封禁' } },
  50002: { note: { en: 'the account is restricted', zh: '该账号受到限制' } },
  50004: {
    note: { en: 'the account may not use access tokens, as a punishment', zh: '该账号受到处罚，不能使用 access_token' },
  },
  50007: { note: { en: 'the account is frozen or closed', zh: '该账号已冻结或注销' } },
  61004: { note: { en: 'the source IP is not registered', zh: '来源 IP 未登记' } },
  61024: {
    note: {
      en: 'the account is a third-party platform: it needs a component token',
      zh: '该账号是第三方平台，应使用 component 令牌',
    },
  },
  89501: {
    note: { en: 'the administrator has not confirmed this IP yet', zh: '管理员尚未确认此 IP' },
    coolDownSeconds: 5 * minute,
  },
  89503: {
    note: { en: 'the administrator must confirm this IP', zh: '须由管理员确认此 IP' },
    coolDownSeconds: 5 * minute,
  },
  89506: {
    note: { en: 'the administrator rejected this IP for a day', zh: '管理员已拒绝此 IP，24 小时内有效' },
    coolDownSeconds: 24 * hour,
  },
  89507: {
    note: { en: 'the administrator rejected this IP for an hour', zh: '管理员已拒绝此 IP，1 小时内有效' },
    coolDownSeconds: hour,
  },
}

const whiteList: Hint = {
  en: 'Add {ip} to the IP allowlist of the account on the WeChat platform; it takes effect after 5 to 10 minutes.',
  zh: '请在微信平台把 {ip} 加入该账号的 IP 白名单，5 至 10 分钟后生效。',
}

/** What an operator can do about WeChat's errors. */
export const hints: Readonly<Record<string, Hint>> = {
  'token-expired': {
    en: 'The token expired and was replaced; if this repeats at once, compare the clocks of your hosts.',
    zh: '令牌已过期并已更换；若立刻再次出现，请核对各主机的时钟。',
  },
  'token-invalid': {
    en: 'The token was rejected and replaced; if this repeats often, another program refreshes this app: let all of them share one cache, or use stable_token.',
    zh: '令牌被拒绝并已更换；若经常出现，说明另一个程序也在刷新该应用：请让所有程序共用一个缓存，或改用 stable_token。',
  },
  'credential-invalid': {
    en: 'Compare AppID and AppSecret with the development settings of the account; a reset secret replaces the old one at once.',
    zh: '请与账号“开发设置”中的 AppID 和 AppSecret 核对；重置后旧密钥立即失效。',
  },
  'ip-denied': whiteList,
  permission: {
    en: 'The account may not do this: check its permissions and notices on the WeChat platform.',
    zh: '该账号没有权限：请在微信平台查看接口权限与通知。',
  },
  'rate-limited': {
    en: 'Too many calls: slow down; the current token remains valid.',
    zh: '调用过于频繁：请放慢速度，现有令牌仍可使用。',
  },
  'quota-exhausted': {
    en: 'The quota of today is used up: wait for tomorrow, or reset it with POST /cgi-bin/clear_quota/v2 (AppID and AppSecret, no token needed).',
    zh: '今日额度已用完：请等到次日，或用 POST /cgi-bin/clear_quota/v2 重置（只需 AppID 和 AppSecret，不需要令牌）。',
  },
  transient: { en: 'The platform is busy: try again later.', zh: '平台繁忙：请稍后重试。' },
  'needs-reauthorization': {
    en: 'The user must authorize again; the token of the app is not affected.',
    zh: '需要用户重新授权；应用自身的令牌不受影响。',
  },
  40002: { en: 'grant_type must be client_credential.', zh: 'grant_type 必须是 client_credential。' },
  40013: {
    en: 'Check the AppID: it is case-sensitive and must not contain spaces.',
    zh: '请检查 AppID：区分大小写，也不能有多余的空格。',
  },
  40164: whiteList,
  40243: {
    en: 'The owner froze the AppSecret: unfreeze it on the WeChat platform and wait about 10 minutes.',
    zh: 'AppSecret 已被冻结：请在微信平台解冻，约 10 分钟后生效。',
  },
  41001: {
    en: 'The call carried no access_token: put it into the query of the URL.',
    zh: '请求中没有 access_token：请把它放在 URL 的查询参数里。',
  },
  45035: {
    en: 'Register {ip} for the shop on the WeChat platform.',
    zh: '请在微信平台为该小店登记 {ip}。',
  },
  48001: {
    en: 'The account is not granted this API: check the list of interface permissions.',
    zh: '该账号没有此接口的权限：请查看接口权限列表。',
  },
  50004: {
    en: 'The account was punished and may not use access tokens: read its notices on the WeChat platform.',
    zh: '该账号受到处罚，不能使用 access_token：请查看微信平台的通知。',
  },
  50007: {
    en: 'The account is frozen or closed: read its notices on the WeChat platform.',
    zh: '该账号已冻结或注销：请查看微信平台的通知。',
  },
  61024: {
    en: 'This AppID belongs to a third-party platform, which gets its token from api_component_token: use the AppID of the account itself.',
    zh: '这是第三方平台的 AppID，应通过 api_component_token 获取令牌：请改用账号自己的 AppID。',
  },
  89501: {
    en: 'The administrator has not yet confirmed {ip}: confirm it in WeChat, then try again.',
    zh: '管理员尚未确认 {ip}：请先在微信中确认，再重试。',
  },
  89503: {
    en: 'WeChat considers the call from {ip} risky and has sent the administrator a message: confirm it, or add the address to the IP allowlist.',
    zh: '微信认为来自 {ip} 的调用有风险，已通知管理员：请管理员确认，或把该地址加入 IP 白名单。',
  },
  89506: {
    en: 'The administrator rejected {ip}: it can ask again after 24 hours. Add it to the IP allowlist if it is yours.',
    zh: '管理员已拒绝 {ip}：24 小时后才能再次申请。若是自己的地址，请加入 IP 白名单。',
  },
  89507: {
    en: 'The administrator rejected {ip} once: it can ask again after an hour. Add it to the IP allowlist if it is yours.',
    zh: '管理员拒绝了一次 {ip}：1 小时后才能再次申请。若是自己的地址，请加入 IP 白名单。',
  },
}
