import {
  jsonOf,
  type PlatformDesk,
  type PlatformKind,
  type SimLook,
  type SimReply,
  type SimRequest,
} from './platform.js'
import type { SimAccount } from './sim-account.js'
import { ticketReply } from './ticket-reply.js'
import { secretCallOf, secretCallReply, type SecretCall } from './wechat-secret-calls.js'
import { verdict, type BookRules, type DeadKind, type Issue } from './token-book.js'

const daySeconds = 86_400

/** The same ticket during its life. How early a new one can be obtained is unknown. */
const ticketRules: BookRules = { mode: 'sticky', lifeSeconds: 7200, windowSeconds: 0, overlapSeconds: 0 }

/**
 * WeChat official accounts and mini programs. `token` rotates at each call, `stable_token` is sticky; the two are independent. The
 * `expires_in` of a ticket is always its full life. A replaced token works for another 5 minutes.
 *
 * @see https://developers.weixin.qq.com/doc/oplatform/developers/dev/AccessToken.html for `token` (read 2026-11-20)
 * @see https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken for `stable_token` (read 2026-11-20)
 * @see https://developers.weixin.qq.com/community/develop/doc/000e0adca68568abb1ab525365b000 for `expires_in` of tickets (2021)
 */
export const wechatPlatform: PlatformKind<'appId' | 'appSecret'> = {
  name: 'wechat',
  providerIds: ['wechat-mp'],
  ids: ['appId'],
  secret: 'appSecret',
  demo: { appId: 'wxdec0de0000000001', appSecret: 'demo-wechat-app-secret-not-real' },
  tokens: {
    token: { mode: 'rotate', lifeSeconds: 7200, windowSeconds: 0, overlapSeconds: 300 },
    stable: { mode: 'sticky', lifeSeconds: 7200, windowSeconds: 300, overlapSeconds: 300 },
  },
  tickets: { jsapi: ticketRules, wx_card: ticketRules },
  open: (desk) => {
    const forcedAtMs = new Map<string, number>()
    return {
      look: (request) => look(desk, request),
      answer: (request, seen) => {
        if (seen.endpoint === 'token') return answerToken(desk, request, seen.account, forcedAtMs)
        const call = secretCallOf(request)
        return call === undefined ? answerApi(desk, request, seen) : answerSecretCall(desk, request, call, seen.account)
      },
    }
  },
}

interface Question {
  readonly grant_type?: unknown
  readonly appid?: unknown
  readonly secret?: unknown
  readonly force_refresh?: unknown
}

function kindOf(request: SimRequest): 'token' | 'stable' | undefined {
  if (request.path === '/cgi-bin/token') return 'token'
  return request.path === '/cgi-bin/stable_token' ? 'stable' : undefined
}

function questionOf(request: SimRequest): Question {
  return kindOf(request) === 'stable' ? jsonOf(request) : Object.fromEntries(request.query)
}

function look(desk: PlatformDesk, request: SimRequest): SimLook {
  if (kindOf(request) !== undefined) {
    const { appid } = questionOf(request)
    const account = desk.accounts.find(({ ids }) => ids['appId'] === appid)
    return { endpoint: 'token', ...(account !== undefined && { account }) }
  }
  const call = secretCallOf(request)
  if (call !== undefined) {
    const account = desk.accounts.find(({ ids }) => ids['appId'] === call.appid)
    return { endpoint: 'api', ...(account !== undefined && { account }) }
  }
  const value = request.query.get('access_token') ?? ''
  const held = value === '' ? undefined : desk.find(value)
  const ticketKind = request.path === '/cgi-bin/ticket/getticket' ? request.query.get('type') : null
  const isTicket = ticketKind !== null && Object.hasOwn(wechatPlatform.tickets ?? {}, ticketKind)
  return {
    ...(isTicket ? { endpoint: 'ticket', ticketKind } : { endpoint: 'api' }),
    presents: value !== '',
    ...(held !== undefined && { held, account: held.account }),
  }
}

function refusal(desk: PlatformDesk, errcode: number, text: string): SimReply {
  return { status: 200, body: { errcode, errmsg: `${text} rid: ${desk.traceId()}` }, code: errcode }
}

type Refuse = (code: number, text: string, dead?: DeadKind) => SimReply

function answerToken(
  desk: PlatformDesk,
  request: SimRequest,
  account: SimAccount | undefined,
  forcedAtMs: Map<string, number>,
): SimReply {
  const refuse: Refuse = (code, text) => refusal(desk, code, text)
  const kind = kindOf(request) ?? 'token'
  if (kind === 'stable' && request.method !== 'POST') return refuse(43002, 'require POST method')
  const question = questionOf(request)
  const incomplete = refuseIncomplete(question, refuse)
  if (incomplete !== undefined) return incomplete
  if (account === undefined) return refuse(40013, 'invalid appid')
  const denied = refuseBusy(desk, account, kind, refuse) ?? refuseStranger(desk, account, question, refuse)
  if (denied !== undefined) return denied
  const { ipAllow } = account.settings
  if (ipAllow?.includes(request.ip) === false) {
    return refuse(40164, `invalid ip ${request.ip} ipv6 ::ffff:${request.ip}, not in whitelist`)
  }
  const book = account.books.get(kind)
  if (book === undefined) return refuse(-1, 'system error')
  const isForced = kind === 'stable' && question.force_refresh === true && mayForce(desk, account, forcedAtMs)
  return tokenReply(desk, isForced ? book.rotate() : book.ask())
}

function refuseIncomplete({ grant_type, appid, secret }: Question, refuse: Refuse): SimReply | undefined {
  if (grant_type !== 'client_credential') return refuse(40002, 'invalid grant_type')
  if (typeof appid !== 'string' || appid === '') return refuse(41002, 'appid missing')
  return typeof secret !== 'string' || secret === '' ? refuse(41004, 'appsecret missing') : undefined
}

function refuseBusy(
  { quota }: PlatformDesk,
  { id, settings }: SimAccount,
  kind: 'token' | 'stable',
  refuse: Refuse,
): SimReply | undefined {
  const { perDay = kind === 'stable' ? 500_000 : 2000, perMinute = 10_000 } = settings
  if (!quota.take(`${id} ${kind} minute`, perMinute, 60)) {
    return refuse(45011, 'api minute-quota reach limit, must slower, retry next minute')
  }
  const isWithinDay = quota.take(`${id} ${kind} day`, perDay, daySeconds)
  return isWithinDay ? undefined : refuse(45009, 'reach max api daily quota limit')
}

function refuseStranger(
  desk: PlatformDesk,
  account: SimAccount,
  { secret }: Question,
  refuse: Refuse,
): SimReply | undefined {
  if (secret === account.secret) return undefined
  const isAnothers = desk.accounts.some((other) => other.secret === secret)
  return isAnothers ? refuse(40001, 'invalid credential') : refuse(40125, 'invalid appsecret')
}

function tokenReply(desk: PlatformDesk, issue: Issue): SimReply {
  const expiresIn = desk.time.clientSeconds(issue.leftMs)
  return { status: 200, body: { access_token: issue.token.value, expires_in: expiresIn }, code: 0, ...issue }
}

/** Logins, and other calls that carry the secret instead of a token. */
function answerSecretCall(
  desk: PlatformDesk,
  request: SimRequest,
  call: SecretCall,
  account: SimAccount | undefined,
): SimReply {
  const refuse: Refuse = (code, text) => refusal(desk, code, text)
  if (call.appid === '') return refuse(41002, 'appid missing')
  if (call.secret === '') return refuse(41004, 'appsecret missing')
  if (account === undefined) return refuse(40013, 'invalid appid')
  return refuseStranger(desk, account, call, refuse) ?? secretCallReply(desk, request, call)
}

/** At most 20 a day and 30 s apart; any other forced call is treated as an ordinary one. */
function mayForce(desk: PlatformDesk, account: SimAccount, forcedAtMs: Map<string, number>): boolean {
  const now = desk.time.nowMs()
  if (now - (forcedAtMs.get(account.id) ?? -Infinity) < 30_000) return false
  if (!desk.quota.take(`${account.id} forced`, 20, daySeconds)) return false
  forcedAtMs.set(account.id, now)
  return true
}

/** Calls with a token, including those for tickets. */
function answerApi(desk: PlatformDesk, request: SimRequest, { held, presents, ticketKind = '' }: SimLook): SimReply {
  const refuse: Refuse = (code, text, dead) => ({
    ...refusal(desk, code, text),
    ...(dead !== undefined && { dead }),
    ...(held !== undefined && { token: held.token }),
  })
  if (presents !== true) return refuse(41001, 'access_token missing')
  if (held === undefined) {
    const looksLikeOne = /^simtok_\S{90,}$/.test(request.query.get('access_token') ?? '')
    return looksLikeOne ? refuseStale(refuse, 'unknown') : refuse(40014, 'invalid access_token', 'unknown')
  }
  const dead = verdict(held.token, desk.time.nowMs())
  if (dead === 'expired') return refuse(42001, 'access_token expired', dead)
  if (dead !== undefined) return refuseStale(refuse, dead)
  const ticket = held.account.tickets.get(ticketKind)?.ask()
  if (ticket !== undefined) return ticketReply(desk, ticket)
  return { status: 200, body: success(request), code: 0, token: held.token }
}

function refuseStale(refuse: Refuse, dead: DeadKind): SimReply {
  return refuse(40001, 'invalid credential, access_token is invalid or not latest', dead)
}

function success({ path }: SimRequest): unknown {
  const lists = ['/cgi-bin/getcallbackip', '/cgi-bin/get_api_domain_ip']
  return lists.includes(path) ? { ip_list: ['203.0.113.1', '203.0.113.2'] } : { errcode: 0, errmsg: 'ok' }
}
