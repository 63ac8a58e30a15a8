import type { CodeSpec, Endpoint, ErrorTable, Hint } from '@lingpai/core'

/**
 * Feishu's codes by class, for all kinds of tokens. Public tables contradict each other, with eight meanings for 99991663 alone, so only
 * codes with a source are listed:
 *
 * - 99991663, 99991664, 99991671: larksuite/oapi-sdk-go core/constants.go repeats a call after them. 99991663 comes with HTTP 400
 *   (github.com/multica-ai/multica/issues/7611) and with HTTP 200 (github.com/zeroclaw-labs/zeroclaw/issues/1049).
 * - 99991668, 99991672, 99991677, 99991679: larksuite/openclaw-lark src/core/auth-errors.ts at a2f0273
 * - 21000, 21001: larksuite/cli internal/auth/errors.go at 1262aac
 * - 99991400, 99991401: larksuite/node-sdk channel/outbound/errors.ts. It treats both as a lack of permission; others treat 99991400 as
 *   a limit. Either way a call is returned as it is, and the token stays.
 * - 10003, 10014: recorded responses; 10012: larksuite/oapi-sdk-go and foxzool/openlark
 * - 20002 and the following: open.larkoffice.com, refresh-user-access-token.md
 *
 * All read on 2026-11-28. Codes of user tokens do not concern the token of the app: a refresh of it would not help.
 */
export const errorTables = {
  token: {
    'credential-invalid': [10003, 10014, 20002, 20048, 20069],
    permission: [20070],
    transient: [10012, 20050, 20072],
  },
  api: {
    'token-invalid': [99991663, 99991664, 99991671],
    permission: [21000, 21001, 99991401, 99991661, 99991668, 99991672, 99991677],
    'needs-reauthorization': [99991679],
    'rate-limited': [99991400],
  },
} as const satisfies Readonly<Record<Endpoint, ErrorTable>>

/** Meaning of single codes, and how they differ from their class. */
export const perCode: Readonly<Record<string, CodeSpec>> = {
  10003: { note: { en: 'a parameter or the App ID is wrong', zh: '参数或 App ID 有误' } },
  // The next ticket comes as an event: another request with the old one would fail as well.
  10012: { note: { en: 'app_ticket invalid', zh: 'app_ticket 无效' }, attempts: 1, coolDownSeconds: 10 },
  10014: { note: { en: 'App Secret wrong', zh: 'App Secret 错误' } },
  20002: { note: { en: 'client secret wrong', zh: 'client_secret 错误' } },
  20048: { note: { en: 'no such app', zh: '应用不存在' } },
  20050: { note: { en: 'the platform failed', zh: '平台内部错误' } },
  20069: { note: { en: 'the app is not enabled', zh: '应用未启用' } },
  20070: { note: { en: 'two kinds of client authentication', zh: '请求中有两种客户端认证方式' } },
  20072: { note: { en: 'the platform is unavailable', zh: '平台暂不可用' } },
  21000: { note: { en: 'blocked until the user passes a check', zh: '被访问策略拦截，需要用户完成验证' } },
  21001: { note: { en: 'blocked by an access policy', zh: '被访问策略拦截' } },
  99991400: { note: { en: 'too many calls', zh: '调用过于频繁' } },
  99991401: { note: { en: 'the call is refused, perhaps for its source IP', zh: '调用被拒绝，可能与来源 IP 有关' } },
  99991661: { note: { en: 'no token, or none after `Bearer `', zh: '没有令牌，或缺少 `Bearer ` 前缀' } },
  99991663: { note: { en: 'tenant token invalid', zh: 'tenant_access_token 无效' } },
  99991664: { note: { en: 'app token invalid', zh: 'app_access_token 无效' } },
  99991668: { note: { en: 'user token invalid', zh: 'user_access_token 无效' } },
  99991671: { note: { en: 'access token invalid', zh: 'access_token 无效' } },
  99991672: { note: { en: 'the app lacks a scope', zh: '应用缺少权限范围' } },
  99991677: { note: { en: 'user token expired', zh: 'user_access_token 已过期' } },
  99991679: { note: { en: 'the user has not granted a scope', zh: '用户未授予权限范围' } },
}

const userToken: Hint = {
  en: "The error concerns a user's token, not the app's: get a new one for that user.",
  zh: '此错误针对用户的令牌，与应用的令牌无关：请为该用户重新获取。',
}

const accessPolicy: Hint = {
  en: 'An access policy of the organization blocks the call: ask its administrator.',
  zh: '调用被企业的访问策略拦截：请联系企业管理员。',
}

/** What an operator can do about Feishu's errors. */
export const hints: Readonly<Record<string, Hint>> = {
  'token-invalid': {
    en: 'The token was rejected; if a new one is rejected too, check that the call takes a token of this kind (tenant, app or user) and that the app exists at this host: Feishu and Lark share no apps.',
    zh: '令牌被拒绝；若更换后仍被拒绝，请确认该接口接受此类令牌（tenant、app 或 user），且应用属于该主机：飞书与 Lark 的应用互不相通。',
  },
  'credential-invalid': {
    en: 'Compare App ID and App Secret with the developer console, and the host: an app of Lark does not exist at Feishu.',
    zh: '请与开发者后台的 App ID 和 App Secret 核对，并确认主机：Lark 的应用在飞书上不存在。',
  },
  permission: {
    en: 'The app may not do this: check its scopes, its release and its visibility in the developer console.',
    zh: '应用没有权限：请在开发者后台查看权限范围、版本发布与可用范围。',
  },
  'needs-reauthorization': {
    en: 'The user must authorize the app again.',
    zh: '需要用户重新授权该应用。',
  },
  'rate-limited': {
    en: 'Too many calls: slow down; the current token remains valid.',
    zh: '调用过于频繁：请放慢速度，现有令牌仍可使用。',
  },
  transient: { en: 'The platform is busy: try again later.', zh: '平台繁忙：请稍后重试。' },
  10012: {
    en: 'The app_ticket is out of date: ask for another with `resendAppTicket(source)`; it arrives as an event, and the next request uses it.',
    zh: 'app_ticket 已失效：请用 `resendAppTicket(source)` 请求重新推送；新票据以事件送达，下一次请求即会使用。',
  },
  20069: {
    en: 'The app is not enabled: release and enable it in the developer console.',
    zh: '应用未启用：请在开发者后台发布并启用。',
  },
  20070: {
    en: 'The request authenticated the app in two ways: send the secret in the header or in the body, not in both.',
    zh: '请求中有两种客户端认证方式：密钥只能放在请求头或请求体之一。',
  },
  21000: accessPolicy,
  21001: accessPolicy,
  99991400: {
    en: 'Probably too many calls: slow down; if it persists at a low rate, check the scopes of the app.',
    zh: '很可能是调用过于频繁：请放慢速度；若低频时仍出现，请检查应用的权限范围。',
  },
  99991401: {
    en: 'Check the IP allowlist and the security settings of the app in the developer console.',
    zh: '请在开发者后台检查应用的 IP 白名单与安全设置。',
  },
  99991661: {
    en: 'The call carried no token: send the header `authorization: Bearer …`.',
    zh: '请求中没有令牌：请发送请求头 `authorization: Bearer …`。',
  },
  99991668: userToken,
  99991672: {
    en: 'Add the scope that the message names in the developer console, and release a version of the app.',
    zh: '请在开发者后台开通错误信息中提到的权限，并发布应用版本。',
  },
  99991677: userToken,
}

/** The same for a store app, whose credentials include a pushed ticket. */
export const storeHints: Readonly<Record<string, Hint>> = {
  ...hints,
  appTicket: {
    en: 'Feishu pushes the ticket as an event: pass `appTickets(cache, appId).read`, and ask for a push with `resendAppTicket(source)`.',
    zh: '飞书以事件推送该票据：请传入 `appTickets(cache, appId).read`，并用 `resendAppTicket(source)` 请求重新推送。',
  },
}
