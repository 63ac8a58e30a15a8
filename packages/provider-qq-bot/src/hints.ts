import type { Hint } from '@lingpai/core'

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
