/** The notes of the providers' codes in Chinese, by their English text: a note that changes asks for a new translation. */
const notes = {
  'too many token requests': '获取令牌过于频繁',
  'internal error, or a malformed token request': '内部错误，或请求格式不正确',
  'AppID invalid; also a banned or deleted bot': 'AppID 无效；机器人被封禁或已删除时也是如此',
  'AppID and secret do not belong together': 'AppID 与密钥不匹配',
  'no such bot': '机器人不存在',
  'no token in the request, or the header is malformed': '请求中没有令牌，或请求头格式不正确',
  'the token check failed on the platform': '平台校验令牌时出错',
  'the token is wrong': '令牌不正确',
  'the token is absent or expired': '令牌不存在或已过期',
  'the token is absent or expired (err_code of 11244)': '令牌不存在或已过期（11244 的 err_code）',
  'the fixed-token scheme is switched off': '固定 Token 的鉴权方式已停用',
  'the permission lookup failed on the platform': '平台查询权限时出错',
  'no privilege, interface banned, or a token of the wrong kind': '没有权限、接口已被封禁，或令牌类型不符',
  'rate limit': '频率超限',
  'the bot is banned': '机器人已被封禁',
  'AppID wrong or missing': 'AppID 错误或缺失',
  'the source IP is not on the white-list': '来源 IP 不在白名单中',
  'the source IP is not on the white-list (err_code of 11298)': '来源 IP 不在白名单中（11298 的 err_code）',
  'the bot is not connected to the gateway': '机器人没有连接网关',
  'the msg_id of a reply is too old': '被回复消息的 msg_id 已过期',
  'the msg_id of a reply is wrong': '被回复消息的 msg_id 不正确',
  'limit of messages that reply to nothing': '主动消息超出次数限制',
  'too many replies to one message, or too late': '对同一消息的回复次数过多，或已超时',
  'the bot is muted': '机器人被禁言',
  'the pair of msg_id and msg_seq was used before': 'msg_id 与 msg_seq 的组合已用过',
  'the message is too long': '消息过长',
  'the message holds a URL that is not allowed': '消息中有不允许的链接',
  'the bot is offline': '机器人不在线',
  'the platform asks to try later': '平台要求稍后再试',
  'the platform is busy': '平台繁忙',
  'token endpoint: AppSecret wrong; API: the token was replaced or is of another account':
    '获取令牌时：AppSecret 错误；调用 API 时：令牌已被替换，或属于其他帐号',
  'wrong grant_type': 'grant_type 错误',
  'AppID invalid': 'AppID 无效',
  'the token is malformed, or of another account': '令牌格式不正确，或属于其他帐号',
  'AppSecret invalid, or reset': 'AppSecret 无效，或已被重置',
  'the AppSecret is frozen': 'AppSecret 已被冻结',
  'no access_token in the request': '请求中没有 access_token',
  'no appid in the request': '请求中没有 appid',
  'no secret in the request': '请求中没有 secret',
  'the token expired': '令牌已过期',
  "a user's own token died with a change of password": '用户修改了密码，其个人令牌失效',
  'the endpoint wants POST': '该接口须用 POST 请求',
  'the daily quota is used up': '当日额度已用完',
  'the quota of this minute is used up': '本分钟的额度已用完',
  'the source IP is not registered': '来源 IP 未登记',
  'the account is not granted this API': '该帐号没有此接口的权限',
  'this API is banned for the account': '该帐号的此接口已被封禁',
  'the account is restricted': '该帐号受到限制',
  'the account may not use access tokens, as a punishment': '该帐号受到处罚，不能使用 access_token',
  'the account is frozen or closed': '该帐号已冻结或注销',
  'the account is a third-party platform: it needs a component token': '该帐号是第三方平台，应使用 component 令牌',
  'the administrator has not answered about this IP yet': '管理员尚未确认此 IP',
  'the administrator must confirm this IP': '须由管理员确认此 IP',
  'the administrator refused this IP for a day': '管理员已拒绝此 IP，24 小时内有效',
  'the administrator refused this IP for an hour': '管理员已拒绝此 IP，1 小时内有效',
  'two writers changed the same data': '数据版本冲突，有两方同时修改',
  'secret wrong, reset, or of another corporation; or the app is disabled':
    'Secret 错误、已重置或属于其他企业；或应用已停用',
  'CorpID invalid': '企业 ID 无效',
  'the token is invalid or expired, or of another kind': '令牌无效、已过期，或类型不符',
  'AgentId invalid': 'AgentId 无效',
  'suite secret invalid': 'suite_secret 无效',
  'suite token invalid or expired': 'suite_access_token 无效或已过期',
  'suite id invalid': 'suite_id 无效',
  'permanent code invalid, or the authorization was withdrawn': '永久授权码无效，或授权已取消',
  'suite ticket invalid or expired': 'suite_ticket 无效或已过期',
  'the secret is of another corporation': 'Secret 属于其他企业',
  'jsapi signature wrong, or its ticket expired': 'jsapi 签名错误，或其 ticket 已过期',
  'no corpid in the request': '请求中没有 corpid',
  'no suite_access_token in the request': '请求中没有 suite_access_token',
  'pre_auth_code expired': 'pre_auth_code 已过期',
  'suite token expired': 'suite_access_token 已过期',
  'jsapi ticket of another kind': 'jsapi_ticket 类型不符',
  'too many calls': '调用过于频繁',
  'too many calls at the same time': '并发调用过多',
  'the app may not call this API': '应用无权调用此接口',
  'suite token of another suite': 'suite_access_token 属于其他套件',
  'the authorization is gone': '授权已失效',
  'the app is disabled': '应用已停用',
  "the member, department or tag is outside the app's scope": '成员、部门或标签不在应用的可见范围内',
  'the source IP is not trusted': '来源 IP 不可信',
  'the token belongs to another app': '令牌属于其他应用',
  'the corporation is dissolved or banned': '企业已解散或被封禁',
}

const used = new Set()

/** The Chinese text of a note. */
export function noteInChinese(note) {
  used.add(note)
  const text = notes[note]
  if (text === undefined) throw new Error(`scripts/provider-docs/notes-zh.mjs has no Chinese text for "${note}"`)
  return text
}

/** Notes that no table asked for. */
export function unusedNotes() {
  return Object.keys(notes).filter((note) => !used.has(note))
}
