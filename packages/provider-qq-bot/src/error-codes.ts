import type { CodeSpec, Endpoint, ErrorTable, Hint } from '@lingpai/core'

/**
 * QQ's codes by class. Token endpoint: official page of 2026-09, except 100002 (observed). API: official call guide of
 * 2026-09 and, for messages, message overview of 2026-09, with the second numbers of `err_code` as observed in bodies of 2026-09; all read 2026-11-20.
 * 40034102 and the codes of files (304082, 304083, 850012, 850026): bodies and bots' own notes of 2026, read 2026-11-29.
 *
 * 10004 is in `token` only: on the API it means an unknown guild. Codes of accepted-for-review responses (304023, 304024,
 * HTTP 201 and 202) are not errors and are not listed.
 */
export const errorTables: Readonly<Record<Endpoint, ErrorTable>> = {
  token: {
    'credential-invalid': [100007, 100016, 10004],
    'rate-limited': [100001],
    transient: [100002],
  },
  api: {
    'token-expired': [11244, 40011027],
    'token-invalid': [11243],
    'credential-invalid': [11245, 11251, 11261, 11275],
    // HTTP 401 as well, and a refresh does not help (observed, tencent-connect/openclaw-qqbot#240).
    'ip-denied': [11298, 40023002],
    permission: [
      11241, 11253, 11254, 11262, 11264, 11265, 11273, 11274, 11282, 304018, 304103, 40034005, 40034024, 40034102,
      40034128, 40054002, 40054005, 40054007, 40054010, 40054016,
    ],
    'rate-limited': [20028, 22009, 610013, 620006, 1100308],
    'quota-exhausted': [40034100],
    transient: [11242, 40012002, 11252, 11263, 11281, 304082, 304083, 850012, 850026, 50055001],
  },
}

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

/** Meaning of single codes, and how they differ from their class. */
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

const tooLate: Hint = {
  en: 'The message is too old to be replied to: reply within 5 minutes in a group, within an hour to one user.',
  zh: '消息已过期，不能再回复：群聊须在 5 分钟内，单聊须在 60 分钟内。',
}

const notFetched: Hint = {
  en: 'The platform could not fetch the file: its address must be public, without a login, and respond quickly. Try again, or upload the file as data.',
  zh: '平台无法获取文件：其地址必须可公开访问、无需登录，并能及时响应。请重试，或以 data 上传文件。',
}

/** What an operator can do about QQ's errors. */
export const hints: Readonly<Record<string, Hint>> = {
  'token-expired': {
    en: 'The token expired and was replaced; if this repeats at once, compare the clocks of your hosts.',
    zh: '令牌已过期并已更换；若立刻再次出现，请核对各主机的时钟。',
  },
  'token-invalid': {
    en: 'The token was rejected and replaced; if this repeats at once, check that the call goes to the environment the bot belongs to.',
    zh: '令牌被拒绝并已更换；若立刻再次出现，请确认调用的环境与机器人所属环境一致。',
  },
  'credential-invalid': {
    en: 'Compare AppID and AppSecret with the development settings of the QQ open platform; a reset secret replaces the old one.',
    zh: '请与 QQ 开放平台“开发设置”中的 AppID 和 AppSecret 核对；重置后旧密钥即失效。',
  },
  'ip-denied': {
    en: "Add {ip} to the bot's IP white-list on the QQ open platform and wait a few minutes.",
    zh: '请在 QQ 开放平台把 {ip} 加入机器人的 IP 白名单，几分钟后生效。',
  },
  permission: {
    en: 'The bot may not call this interface: ask for the permission on the QQ open platform.',
    zh: '机器人没有该接口的权限：请在 QQ 开放平台申请。',
  },
  'rate-limited': {
    en: 'Too many calls: slow down; the current token remains valid.',
    zh: '调用过于频繁：请放慢速度，现有令牌仍可使用。',
  },
  transient: {
    en: 'A fault of the platform: try again later.',
    zh: '平台临时故障：请稍后重试。',
  },
  10004: {
    en: 'This AppID does not belong to a bot: check that it is not the AppID of another product.',
    zh: '该 AppID 不属于任何机器人：请确认填写的不是其他产品的 AppID。',
  },
  100001: {
    en: 'Too many token requests: let all processes share one cache.',
    zh: '获取令牌过于频繁：请让所有进程共用一个缓存。',
  },
  100007: {
    en: 'Check the AppID; a banned or deleted bot gets the same error.',
    zh: '请检查 AppID；机器人被封禁或已删除时也会返回此错误。',
  },
  100016: {
    en: 'Check that the AppSecret is the current one of this AppID; copy it again from the QQ open platform.',
    zh: '请确认 AppSecret 是该 AppID 的当前密钥，并从 QQ 开放平台重新复制。',
  },
  11241: {
    en: 'Send the token as "Authorization: QQBot <token>".',
    zh: '请以 “Authorization: QQBot <令牌>” 的形式发送令牌。',
  },
  11245: {
    en: 'The old fixed token ("Bot appid.token") is switched off: send "Authorization: QQBot <token>".',
    zh: '旧的固定 Token（“Bot appid.token”）已停用：请改用 “Authorization: QQBot <令牌>”。',
  },
  11265: {
    en: 'The bot is banned: see the reason on the QQ open platform.',
    zh: '机器人已被封禁：请在 QQ 开放平台查看原因。',
  },
  304018: {
    en: 'Connect the bot to the gateway first.',
    zh: '请先让机器人连接网关。',
  },
  304082: notFetched,
  304083: {
    en: 'The platform could not convert the file: try again, or send it in another format.',
    zh: '平台无法转换文件：请重试，或换用其他格式。',
  },
  304103: tooLate,
  850012: { en: 'The platform is busy: try again later.', zh: '平台繁忙：请稍后重试。' },
  850026: notFetched,
  40034005: tooLate,
  40034024: {
    en: 'Reply with the id of a message that was sent to this bot, in this chat.',
    zh: '回复时请使用发给本机器人、且属于该会话的消息 id。',
  },
  40034100: {
    en: 'The limit of proactive messages is used up: reply to messages (msg_id), or wait.',
    zh: '主动消息次数已用完：请改为被动回复（msg_id），或稍后再发。',
  },
  40034102: {
    en: 'The bot may not send proactive messages here: reply to messages (msg_id) or events (event_id), or ask the group or the user to allow it in the settings of the bot.',
    zh: '机器人在此处没有主动发送消息的权限：请改为回复消息（msg_id）或事件（event_id），或请群管理员、用户在机器人设置中开启。',
  },
  40034128: {
    en: 'A message can be replied to a few times, and only for a while: 5 minutes in a group, an hour with one user.',
    zh: '每条消息只能在一定时间内回复有限次数：群聊 5 分钟，单聊 60 分钟。',
  },
  40054002: {
    en: 'The bot is muted here: an administrator of the group must unmute it.',
    zh: '机器人在此处被禁言：需要群管理员解除。',
  },
  40054005: {
    en: 'This reply was delivered before, or its msg_seq was used: give each reply to one message a msg_seq of its own.',
    zh: '该回复已送达，或 msg_seq 重复：对同一消息的每次回复请使用不同的 msg_seq。',
  },
  40054007: { en: 'Shorten the message, or send it in parts.', zh: '请缩短消息，或分条发送。' },
  40054010: {
    en: 'Remove the URL, or register its domain on the QQ open platform.',
    zh: '请去掉链接，或在 QQ 开放平台报备该域名。',
  },
  40054016: { en: 'Connect the bot first.', zh: '请先让机器人上线。' },
}
