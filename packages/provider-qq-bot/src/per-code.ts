import type { CodeSpec, Hint } from '@lingpai/core'

/** The official table describes these as a system fault, to be retried at most once. */
const onceMore = { attempts: 2 }

const noPrivilege: Hint = {
  en: 'no privilege, interface banned, or a token of the wrong kind',
  zh: '没有权限、接口已被封禁，或令牌类型不符',
}
const wrongAppId: Hint = { en: 'AppID wrong or missing', zh: 'AppID 错误或缺失' }
const checkFailed: Hint = { en: 'the token check failed on the platform', zh: '平台校验令牌时出错' }
const lookupFailed: Hint = { en: 'the permission lookup failed on the platform', zh: '平台查询权限时出错' }
const rateLimit: Hint = { en: 'rate limit', zh: '频率超限' }
const tooOld: Hint = { en: 'the msg_id of a reply is too old', zh: '被回复消息的 msg_id 已过期' }

/** Meaning of single codes, and how they differ from their class; sources as in `error-tables.ts`. */
export const perCode: Readonly<Record<string, CodeSpec>> = {
  // No period is documented; sliverp/qqbot waits a minute.
  100001: { note: { en: 'too many token requests', zh: '获取令牌过于频繁' }, coolDownSeconds: 60 },
  // Often not a system fault but a body that is not JSON, or an appId sent as a number (tencent-connect/bot-docs#225).
  100002: {
    note: { en: 'internal error, or a malformed token request', zh: '内部错误，或请求格式不正确' },
    ...onceMore,
  },
  100007: {
    note: { en: 'AppID invalid; also a banned or deleted bot', zh: 'AppID 无效；机器人被封禁或已删除时也是如此' },
  },
  100016: { note: { en: 'AppID and secret do not belong together', zh: 'AppID 与密钥不匹配' } },
  10004: { note: { en: 'no such bot', zh: '机器人不存在' } },
  11241: {
    note: { en: 'no token in the request, or the header is malformed', zh: '请求中没有令牌，或请求头格式不正确' },
  },
  11242: { note: checkFailed, ...onceMore },
  40012002: { note: checkFailed, ...onceMore },
  11243: { note: { en: 'the token is wrong', zh: '令牌不正确' } },
  11244: { note: { en: 'the token is absent or expired', zh: '令牌不存在或已过期' } },
  40011027: {
    note: { en: 'the token is absent or expired (err_code of 11244)', zh: '令牌不存在或已过期（11244 的 err_code）' },
  },
  11245: { note: { en: 'the fixed-token scheme is switched off', zh: '固定 Token 的鉴权方式已停用' } },
  11251: { note: wrongAppId },
  11252: { note: lookupFailed, ...onceMore },
  11253: {
    note: noPrivilege,
  },
  11254: {
    note: noPrivilege,
  },
  11261: { note: wrongAppId },
  11262: {
    note: noPrivilege,
  },
  11263: { note: lookupFailed, ...onceMore },
  11264: {
    note: noPrivilege,
  },
  11265: { note: { en: 'the bot is banned', zh: '机器人已被封禁' } },
  11273: {
    note: noPrivilege,
  },
  11274: {
    note: noPrivilege,
  },
  11275: { note: wrongAppId },
  11281: { note: lookupFailed, ...onceMore },
  11282: {
    note: noPrivilege,
  },
  11298: { note: { en: 'the source IP is not on the white-list', zh: '来源 IP 不在白名单中' } },
  40023002: {
    note: {
      en: 'the source IP is not on the white-list (err_code of 11298)',
      zh: '来源 IP 不在白名单中（11298 的 err_code）',
    },
  },
  304018: { note: { en: 'the bot is not connected to the gateway', zh: '机器人没有连接网关' } },
  20028: { note: rateLimit },
  22009: { note: rateLimit },
  610013: { note: rateLimit },
  620006: { note: rateLimit },
  1100308: { note: rateLimit },
  304103: { note: tooOld },
  40034005: { note: tooOld },
  40034024: { note: { en: 'the msg_id of a reply is wrong', zh: '被回复消息的 msg_id 不正确' } },
  40034100: { note: { en: 'the limit of proactive messages is exceeded', zh: '主动消息超出次数限制' } },
  40034102: {
    note: { en: 'the bot may not send here without replying to something', zh: '机器人在此处没有主动发送的权限' },
  },
  40034128: { note: { en: 'too many replies to one message, or too late', zh: '对同一消息的回复次数过多，或已超时' } },
  40054002: { note: { en: 'the bot is muted', zh: '机器人被禁言' } },
  40054005: { note: { en: 'the pair of msg_id and msg_seq was used before', zh: 'msg_id 与 msg_seq 的组合已用过' } },
  40054007: { note: { en: 'the message is too long', zh: '消息过长' } },
  40054010: { note: { en: 'the message contains a URL that is not allowed', zh: '消息中有不允许的链接' } },
  40054016: { note: { en: 'the bot is offline', zh: '机器人不在线' } },
  304082: { note: { en: 'the platform could not fetch a file by its address', zh: '平台无法按地址获取文件' } },
  304083: { note: { en: 'the platform could not convert a file', zh: '平台无法转换文件' } },
  850012: { note: { en: 'the platform is busy', zh: '平台繁忙' } },
  850026: { note: { en: 'the platform could not download the file of an upload', zh: '平台无法下载要上传的文件' } },
  50055001: { note: { en: 'the platform asks to try later', zh: '平台要求稍后再试' } },
}
