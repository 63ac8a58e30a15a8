import { gatewayPath } from './gateway/gateway-path.js'
import {
  jsonOf,
  type PlatformDesk,
  type PlatformKind,
  type SimLook,
  type SimReply,
  type SimRequest,
} from './platform.js'
import type { SimAccount } from './sim-account.js'
import { verdict } from './token-book.js'

const tokenPath = '/app/getAppAccessToken'

/**
 * QQ bots. One sticky token per bot: a repeated request returns it with its remaining life; a request in its last 60 s returns a new
 * one, and the old one works until it expires.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/dev-prepare/access-token.html (2026-09, read 2026-11-20)
 */
export const qqPlatform: PlatformKind<'appId' | 'clientSecret'> = {
  name: 'qq',
  providerIds: ['qq-bot'],
  ids: ['appId'],
  secret: 'clientSecret',
  demo: { appId: '102000001', clientSecret: 'demo-qq-client-secret-not-real' },
  tokens: { app: { mode: 'sticky', lifeSeconds: 7200, windowSeconds: 60, overlapSeconds: 60 } },
  open: (desk) => {
    const sent = new Set<string>()
    return {
      look: (request) => look(desk, request),
      answer: (request, seen) =>
        seen.endpoint === 'token' ? answerToken(desk, request, seen.account) : answerApi(desk, request, seen, sent),
    }
  },
}

function look(desk: PlatformDesk, request: SimRequest): SimLook {
  if (request.path === tokenPath) {
    const account = desk.accounts.find(({ ids }) => ids['appId'] === String(jsonOf(request)['appId']))
    return { endpoint: 'token', ...(account !== undefined && { account }) }
  }
  const value = /^QQBot (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
  const held = value === undefined ? undefined : desk.find(value)
  return {
    endpoint: 'api',
    presents: value !== undefined,
    ...(held !== undefined && { held, account: held.account }),
  }
}

/** The token endpoint always responds with HTTP 200. */
function answerToken(desk: PlatformDesk, request: SimRequest, account: SimAccount | undefined): SimReply {
  const fail = (code: number, message: string): SimReply => ({ status: 200, body: { code, message }, code })
  if (request.method !== 'POST' || !/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    return fail(100007, 'appid invalid')
  }
  const { appId, clientSecret } = jsonOf(request)
  // The platform reports a number, or a form labelled as JSON, as an internal error.
  if (typeof appId !== 'string') return fail(100002, 'internal err')
  if (!/^\d+$/.test(appId)) return fail(100007, 'appid invalid')
  if (account === undefined) return fail(10004, '机器人不存在')
  if (!desk.quota.take(account.id, account.settings.perMinute ?? Infinity, 60)) {
    return fail(100001, 'Too many requests')
  }
  if (clientSecret !== account.secret) return fail(100016, 'invalid appid or secret')
  const issue = account.books.get('app')?.ask()
  if (issue === undefined) return fail(100002, 'internal err')
  // The field is documented as a number and is a string in every response.
  const expiresIn = String(desk.time.clientSeconds(issue.leftMs))
  return { status: 200, body: { access_token: issue.token.value, expires_in: expiresIn }, code: 0, ...issue }
}

function answerApi(desk: PlatformDesk, request: SimRequest, { held, presents }: SimLook, sent: Set<string>): SimReply {
  const trace = desk.traceId()
  const headers = { 'X-Tps-trace-ID': trace }
  const fail = (status: number, code: number, message: string, errCode = code): SimReply => ({
    status,
    headers,
    body: { message, code, err_code: errCode, trace_id: trace },
    code,
  })
  if (presents !== true) {
    const isFixed = /^Bot /.test(request.headers.authorization ?? '')
    return isFixed ? fail(401, 11245, 'fixed token disabled') : fail(401, 11241, 'token parameter missing')
  }
  if (held === undefined) return { ...fail(401, 11243, 'token check not passed'), dead: 'unknown' }
  const { token, account } = held
  const dead = verdict(token, desk.time.nowMs())
  // Both variants have been observed; the provider must classify either field.
  if (dead === 'revoked') return { ...fail(401, 11244, 'AccessToken无效或过期', 40011027), dead, token }
  if (dead !== undefined) return { ...fail(401, 11244, 'token not exist or expire'), dead, token }
  if (account.settings.ipAllow?.includes(request.ip) === false) {
    return { ...fail(401, 11298, '接口访问源IP不在白名单', 40023002), token }
  }
  if (isRepeated(account, request, sent)) {
    return { ...fail(400, 40054005, '消息被去重，请检查请求msgseq'), token }
  }
  return { status: 200, headers, body: success(desk, request, account), code: 0, token }
}

/** Each `msg_seq` may be used once per message. */
function isRepeated(account: SimAccount, request: SimRequest, sent: Set<string>): boolean {
  const { msg_id: messageId, event_id: eventId, msg_seq: sequence = 1 } = jsonOf(request)
  const repliesTo = messageId ?? eventId
  if (!isMessagePath(request) || repliesTo === undefined) return false
  const key = JSON.stringify([account.id, request.path, repliesTo, sequence])
  if (sent.has(key)) return true
  sent.add(key)
  if (sent.size > 10_000) for (const oldest of [...sent].slice(0, 1000)) sent.delete(oldest)
  return false
}

function isMessagePath({ method, path }: SimRequest): boolean {
  return method === 'POST' && /^\/v2\/(users|groups)\/[^/]+\/messages$/.test(path)
}

function isGuildMessagePath({ method, path }: SimRequest): boolean {
  return method === 'POST' && /^\/(channels|dms)\/[^/]+\/messages$/.test(path)
}

function isUploadPath({ method, path }: SimRequest): boolean {
  return method === 'POST' && /^\/v2\/(users|groups)\/[^/]+\/files$/.test(path)
}

function success(desk: PlatformDesk, request: SimRequest, account: SimAccount): unknown {
  const url = `ws://${request.headers.host ?? 'localhost'}${gatewayPath}`
  if (isUploadPath(request)) return { file_uuid: desk.traceId(), file_info: `F${desk.traceId()}`, ttl: 3600 }
  if (isMessagePath(request) || isGuildMessagePath(request)) {
    return { id: `ROBOT1.0_${desk.traceId()}`, timestamp: new Date(desk.time.nowMs()).toISOString() }
  }
  switch (request.path) {
    case '/gateway':
      return { url }
    case '/gateway/bot': {
      const { settings, starts } = desk.gateway
      const { remaining, resetAfterMs } = starts.left(account)
      const reset = Math.ceil(resetAfterMs / desk.time.scale)
      const limit = {
        total: settings.startsPerDay,
        remaining,
        reset_after: reset,
        max_concurrency: settings.maxConcurrency,
      }
      return { url, shards: settings.shards, session_start_limit: limit }
    }
    case '/users/@me':
      return { id: account.ids['appId'], username: 'demo bot', bot: true }
    default:
      return {}
  }
}
