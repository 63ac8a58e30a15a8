import type { CodeSpec } from '@lingpai/core'

const minute = 60
const hour = 60 * minute

/** What single codes mean and where they differ from their class; sources as in `error-tables.ts`. */
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
