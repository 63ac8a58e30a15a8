import type { Hint } from '@lingpai/core'

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
