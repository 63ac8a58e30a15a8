import type { PlatformCode } from '@lingpai/core'
import {
  jsonOf,
  type PlatformDesk,
  type PlatformKind,
  type SimLook,
  type SimReply,
  type SimRequest,
} from './platform.js'
import type { SimAccount } from './sim-account.js'
import { verdict, type BookRules, type DeadKind, type TokenBook } from './token-book.js'

/** The same token, whose life begins again with each request. */
const extended: BookRules = { mode: 'extend', lifeSeconds: 7200, windowSeconds: 0, overlapSeconds: 0 }

/** A new token with each request. What becomes of the old one is not documented: here it dies at once, which is the worst case. */
const rotated: BookRules = { ...extended, mode: 'rotate' }

/** The organisation that uses an app without `tenants`. */
const demoCorpId = 'dingdec0decorp000001'

/** An address that sends more calls than this in 20 s is shut out for 5 minutes, and gets HTML. */
const mostCalls = 10_000

/**
 * DingTalk: apps of one organisation, apps of service providers, tickets. `tenants` are the CorpIds of the organisations that use an
 * app. An app is one of a service provider for those who ask with a SuiteTicket.
 *
 * Paths of `api.dingtalk.com` and `oapi.dingtalk.com` differ, so both hosts are below one prefix. Those of the latter are also below
 * `/oapi`, so that each host can have a base URL of its own.
 *
 * @see https://open.dingtalk.com/document/development/obtain-the-access-token-of-an-internal-app (read 2026-11-28)
 * @see https://open.dingtalk.com/document/development/obtain-the-access-token-of-the-authorized-enterprise-1 (read 2026-11-28)
 */
export const dingtalkPlatform: PlatformKind<'appKey' | 'appSecret'> = {
  name: 'dingtalk',
  providerIds: ['dingtalk'],
  prefixes: { 'https://oapi.dingtalk.com': '/oapi' },
  ids: ['appKey'],
  secret: 'appSecret',
  demo: { appKey: 'dingdec0de0000000001', appSecret: 'demo-dingtalk-app-secret-not-real' },
  tokens: { app: extended, old: extended, unified: extended, corp: rotated, suite: rotated },
  // What another request returns is not documented: the same ticket during its life.
  tickets: { jsapi: { ...extended, mode: 'sticky' } },
  // The fields of the real event are not known.
  pushed: ({ ids }, value) => ({ event: 'suite_ticket', suiteKey: ids['appKey'], suiteTicket: value }),
  open: (desk) => {
    const shutOutUntilMs = new Map<string, number>()
    return {
      look: (request) => look(desk, callOf(request)),
      answer: (request, seen) =>
        isShutOut(desk, request, seen, shutOutUntilMs)
          ? { status: 200, body: '<!DOCTYPE html><title>blocked</title>', code: 'html' }
          : answer(desk, callOf(request), seen),
    }
  },
}

/** A request with the path of its host. */
interface Call extends SimRequest {
  readonly isOld: boolean
  /** Fields of the body, and of the query at the older host. */
  readonly fields: Readonly<Record<string, unknown>>
}

function callOf(request: SimRequest): Call {
  const path = request.path.replace(/^\/oapi(?=\/)/, '')
  const isOld = !/^\/v\d+\.\d+\//.test(path)
  return { ...request, path, isOld, fields: isOld ? Object.fromEntries(request.query) : jsonOf(request) }
}

function look(desk: PlatformDesk, call: Call): SimLook {
  if (tokenAnswerOf(call) !== undefined) {
    const { fields } = call
    const key = fields['appKey'] ?? fields['appkey'] ?? fields['client_id'] ?? fields['suiteKey']
    const account = desk.accounts.find(({ ids }) => ids['appKey'] === key)
    return { endpoint: 'token', ...(account !== undefined && { account }) }
  }
  const place = call.isOld ? call.fields['access_token'] : call.headers['x-acs-dingtalk-access-token']
  const value = typeof place === 'string' ? place : ''
  const held = value === '' ? undefined : desk.find(value)
  const isTicket = call.path === '/v1.0/oauth2/jsapiTickets'
  return {
    ...(isTicket ? { endpoint: 'ticket', ticketKind: 'jsapi' } : { endpoint: 'api' }),
    presents: value !== '',
    ...(held !== undefined && { held, account: held.account }),
  }
}

function isShutOut(desk: PlatformDesk, { ip }: SimRequest, { account }: SimLook, until: Map<string, number>): boolean {
  const now = desk.time.nowMs()
  if (now < (until.get(ip) ?? 0)) return true
  if (desk.quota.take(`${ip} calls`, account?.settings.callsIn20Seconds ?? mostCalls, 20)) return false
  until.set(ip, now + 300_000)
  return true
}

function answer(desk: PlatformDesk, call: Call, seen: SimLook): SimReply {
  return tokenAnswerOf(call)?.(desk, call, seen.account) ?? answerApi(desk, call, seen)
}

type TokenAnswer = (desk: PlatformDesk, call: Call, account: SimAccount | undefined) => SimReply

function tokenAnswerOf({ path }: Pick<Call, 'path'>): TokenAnswer | undefined {
  return Object.entries(tokenAnswers).find(([pattern]) => new RegExp(`^${pattern}$`).test(path))?.[1]
}

const tokenAnswers: Readonly<Record<string, TokenAnswer>> = {
  '/v1\\.0/oauth2/accessToken': (desk, { fields }, account) =>
    account === undefined || fields['appSecret'] !== account.secret
      ? failure(desk, 400, 'invalidClientIdOrSecret', '无效的clientId或者clientSecret')
      : newToken(desk, account, account.books.get('app')),

  '/v1\\.0/oauth2/[^/]+/token': (desk, { fields, path }, account) => {
    const corpId = path.split('/')[3] ?? ''
    if (!desk.accounts.some((known) => isUsedBy(known, corpId))) return failure(desk, 500, 'unknownError', '未知错误')
    if (fields['grant_type'] !== 'client_credentials')
      return failure(desk, 400, 'unsupported.grant.type', 'unsupported grant type')
    if (account === undefined || fields['client_secret'] !== account.secret)
      return failure(desk, 400, 'invalid.client', 'invalid client')
    if (!isUsedBy(account, corpId)) return failure(desk, 401, 'unauthorized.client', 'unauthorized client')
    return oldToken(desk, account, account.bookOf('unified', corpId))
  },

  '/gettoken': (desk, { fields }, account) => {
    const { appkey = '', appsecret = '' } = fields
    if (appkey === '' || appsecret === '') return oldFailure(40035, '缺少参数 appkey或appsecret')
    if (account === undefined || appsecret !== account.secret) return oldFailure(40096, '不合法的appKey或appSecret')
    return oldToken(desk, account, account.books.get('old'), { errcode: 0, errmsg: 'ok' })
  },

  '/v1\\.0/oauth2/corpAccessToken': (desk, { fields }, account) => {
    const wrong = suiteFailure(desk, fields, account)
    if (wrong !== undefined || account === undefined) return wrong ?? failure(desk, 400, 'invalidSuiteKey', '')
    const corpId = String(fields['authCorpId'])
    if (!isUsedBy(account, corpId)) return failure(desk, 400, 'invalidAuthInfo', '企业未授权该应用')
    return newToken(desk, account, account.bookOf('corp', corpId))
  },

  '/v1\\.0/oauth2/suiteAccessToken': (desk, { fields }, account) =>
    suiteFailure(desk, fields, account) ?? newToken(desk, account, account?.books.get('suite')),
}

function suiteFailure(
  desk: PlatformDesk,
  fields: Call['fields'],
  account: SimAccount | undefined,
): SimReply | undefined {
  if (account === undefined || fields['suiteSecret'] !== account.secret)
    return failure(desk, 400, 'invalidSuiteKey', 'suitekey不合法')
  const isLatest = account.pushed !== undefined && fields['suiteTicket'] === account.pushed
  return isLatest ? undefined : failure(desk, 400, 'invalidSuiteTicket', 'suiteTicket不合法')
}

function isUsedBy({ settings: { tenants = [demoCorpId] } }: SimAccount, corpId: string): boolean {
  return tenants.includes(corpId)
}

function newToken(desk: PlatformDesk, account: SimAccount | undefined, book: TokenBook | undefined): SimReply {
  if (account === undefined || book === undefined) return failure(desk, 500, 'unknownError', '未知错误')
  // The code of the token endpoints for too many requests is not known.
  if (isTooOften(desk, account)) return oldFailure(90018, '调用过于频繁')
  const issue = book.ask()
  const body = { accessToken: issue.token.value, expireIn: desk.time.clientSeconds(issue.leftMs) }
  return { status: 200, body, code: 0, ...issue }
}

/** The reply of `gettoken`, whose fields that of the endpoint with a CorpId shares. */
function oldToken(desk: PlatformDesk, account: SimAccount, book: TokenBook | undefined, ok: object = {}): SimReply {
  const reply = newToken(desk, account, book)
  if (reply.code !== 0) return reply
  const { accessToken, expireIn } = reply.body as Readonly<Record<string, unknown>>
  return { ...reply, body: { ...ok, access_token: accessToken, expires_in: expireIn } }
}

function isTooOften({ quota }: PlatformDesk, { id, settings }: SimAccount): boolean {
  const { perMinute = Infinity, perDay = Infinity } = settings
  const isWithin = quota.take(`${id} minute`, perMinute, 60)
  return !quota.take(`${id} day`, perDay, 86_400) || !isWithin
}

/** Calls with a token, including those for tickets. */
function answerApi(desk: PlatformDesk, call: Call, { held, presents, ticketKind }: SimLook): SimReply {
  const fail = (newCode: string, status: number, oldCode: number, text: string): SimReply =>
    call.isOld ? oldFailure(oldCode, text, call.path) : failure(desk, status, newCode, text)
  if (presents !== true) {
    const text = call.isOld ? 'access_token不能为空' : '缺少参数：x-acs-dingtalk-access-token'
    return fail('AuthenticationFailed.MissingParameter', 400, 40000, text)
  }
  const dead: DeadKind | undefined = held === undefined ? 'unknown' : verdict(held.token, desk.time.nowMs())
  if (held === undefined || dead !== undefined) {
    const reply = fail('InvalidAuthentication', 400, 40014, '不合法的access_token')
    return { ...reply, ...(held !== undefined && { token: held.token }), ...(dead !== undefined && { dead }) }
  }
  const { account, token } = held
  if (account.settings.ipAllow?.includes(call.ip) === false) {
    const text = `访问ip不在白名单之中,request ip=${call.ip}`
    return { ...fail('Forbidden.AccessDenied.IpNotInWhiteList', 403, 60020, text), token }
  }
  const ticket = account.tickets.get(ticketKind ?? '')?.ask()
  if (ticket !== undefined) {
    const { value, issuedAtMs, expiresAtMs } = ticket.token
    const body = { jsapiTicket: value, expireIn: desk.time.clientSeconds(expiresAtMs - issuedAtMs) }
    return { status: 200, body, code: 0, ...ticket }
  }
  return { status: 200, body: success(desk, call), code: 0, token }
}

function success(desk: PlatformDesk, { isOld, path }: Call): object {
  if (isOld) return { errcode: 0, errmsg: 'ok', request_id: desk.traceId() }
  if (path === '/v1.0/microApp/allApps') return { appList: [] }
  return path === '/v1.0/robot/oToMessages/batchSend' ? { processQueryKey: desk.traceId() } : {}
}

/** An error of the newer API. */
function failure(desk: PlatformDesk, status: number, code: PlatformCode, message: string): SimReply {
  return { status, body: { code, requestid: desk.traceId().toUpperCase(), message }, code }
}

/** An error of the older API. Below /topapi, the code is in an envelope. */
function oldFailure(code: number, text: string, path = ''): SimReply {
  const enveloped = { errcode: 88, sub_code: String(code), sub_msg: text }
  const body = path.startsWith('/topapi/')
    ? { ...enveloped, errmsg: `ding talk error[subcode=${code},submsg=${text}]`, request_id: 'sim' }
    : { errcode: code, errmsg: text }
  return { status: 200, body, code }
}
