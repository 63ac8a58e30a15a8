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
import { verdict, type BookRules, type DeadKind } from './token-book.js'

const tokenPath = '/cgi-bin/gettoken'
const hourSeconds = 3600

/** The same ticket during its life. How early a new one can be obtained is unknown. */
const ticketRules: BookRules = { mode: 'sticky', lifeSeconds: 7200, windowSeconds: 0, overlapSeconds: 0 }

/** Ticket requests per hour: https://developer.work.weixin.qq.com/document/path/90454 (read 2026-11-20). */
const mostTickets = { ofCorp: 400, ofApp: 100 }

/**
 * After this many failed token requests within an hour, a corp is blocked for the rest of the hour.
 *
 * @see https://developers.weixin.qq.com/community/enterprisewechat/doc/0000c80533033826589c94f6356400
 */
const mostFailures = 2000

/**
 * WeCom. One token per app (corp and secret), the same one while it lives.
 *
 * @see https://developer.work.weixin.qq.com/document/path/91039 (2024-03-26, read 2026-11-20)
 */
export const wecomPlatform: PlatformKind<'corpId' | 'agentId' | 'corpSecret'> = {
  name: 'wecom',
  providerIds: ['wecom'],
  ids: ['corpId', 'agentId'],
  secret: 'corpSecret',
  demo: { corpId: 'wwdec0de0000000001', agentId: '1000002', corpSecret: 'demo-wecom-corp-secret-not-real' },
  tokens: { app: { mode: 'sticky', lifeSeconds: 7200, windowSeconds: 0, overlapSeconds: 0 } },
  tickets: { corp: ticketRules, agent_config: ticketRules },
  open: (desk) => ({
    look: (request) => look(desk, request),
    answer: (request, seen) =>
      seen.endpoint === 'token' ? answerToken(desk, request, seen.account) : answerApi(desk, request, seen),
  }),
}

function look(desk: PlatformDesk, request: SimRequest): SimLook {
  if (request.path === tokenPath) {
    const ofCorp = desk.accounts.filter(({ ids }) => ids['corpId'] === request.query.get('corpid'))
    const account = ofCorp.find(({ secret }) => secret === request.query.get('corpsecret')) ?? ofCorp[0]
    return { endpoint: 'token', ...(account !== undefined && { account }) }
  }
  const value = request.query.get('access_token') ?? ''
  const held = value === '' ? undefined : desk.find(value)
  const ticketKind = ticketKindOf(request)
  return {
    ...(ticketKind === undefined ? { endpoint: 'api' } : { endpoint: 'ticket', ticketKind }),
    presents: value !== '',
    ...(held !== undefined && { held, account: held.account }),
  }
}

function ticketKindOf({ path, query }: SimRequest): 'corp' | 'agent_config' | undefined {
  if (path === '/cgi-bin/get_jsapi_ticket') return 'corp'
  return path === '/cgi-bin/ticket/get' && query.get('type') === 'agent_config' ? 'agent_config' : undefined
}

function refusal(errcode: number, errmsg: string): SimReply {
  return { status: 200, body: { errcode, errmsg }, code: errcode }
}

/** Adds the suffix of most WeCom messages. */
function withOrigin(desk: PlatformDesk, request: SimRequest, text: string, code: number): string {
  const link = `https://open.work.weixin.qq.com/devtool/query?e=${code}`
  return `${text}, hint: [${desk.traceId()}], from ip: ${request.ip}, more info at ${link}`
}

function answerToken(desk: PlatformDesk, request: SimRequest, account: SimAccount | undefined): SimReply {
  const fail = (code: number, text: string): SimReply => refusal(code, withOrigin(desk, request, text, code))
  const corpId = request.query.get('corpid') ?? ''
  const secret = request.query.get('corpsecret') ?? ''
  if (corpId === '') return fail(41002, 'corpid missing')
  if (secret === '') return fail(41004, 'corpsecret missing')
  if (account === undefined) return fail(40013, 'invalid corpid')
  const { perMinute = 10_000, perDay = Infinity, maxConcurrent = Infinity, expiresIn = 'remaining' } = account.settings
  const failures = `${corpId} failures`
  const isWithin =
    desk.quota.take(`${corpId} minute`, perMinute, 60) &&
    desk.quota.take(`${corpId} day`, perDay, 24 * hourSeconds) &&
    desk.quota.used(failures, hourSeconds) < mostFailures
  if (!isWithin) return fail(45009, 'api freq out of limit')
  if (desk.inFlight(account) > maxConcurrent) return fail(45033, 'api concurrent out of limit')
  const issue = secret === account.secret ? account.books.get('app')?.ask() : undefined
  if (issue === undefined) {
    desk.quota.take(failures, mostFailures, hourSeconds)
    return fail(40001, 'invalid credential')
  }
  const { token } = issue
  const seconds = desk.time.clientSeconds(expiresIn === 'full' ? token.expiresAtMs - token.issuedAtMs : issue.leftMs)
  const body = { errcode: 0, errmsg: 'ok', access_token: token.value, expires_in: seconds }
  return { status: 200, body, code: 0, ...issue }
}

/** Calls with a token, including those for tickets. */
function answerApi(desk: PlatformDesk, request: SimRequest, { held, presents, ticketKind }: SimLook): SimReply {
  const fail = (code: number, text: string, dead?: DeadKind): SimReply => ({
    ...refusal(code, text),
    ...(dead !== undefined && { dead }),
    ...(held !== undefined && { token: held.token }),
  })
  if (presents !== true) return fail(41001, 'access_token missing')
  if (held === undefined) return fail(40014, 'invalid access_token', 'unknown')
  const { token, account } = held
  const { ipAllow, expiredCode = 42001 } = account.settings
  const dead = verdict(token, desk.time.nowMs())
  if (dead === 'expired' && expiredCode === 42001) {
    return fail(42001, withOrigin(desk, request, 'access_token expired', 42001), dead)
  }
  if (dead !== undefined) return fail(40014, 'invalid access_token', dead)
  if (ipAllow?.includes(request.ip) === false) {
    return fail(60020, withOrigin(desk, request, 'not allow to access from your ip', 60020))
  }
  if (ticketKind !== undefined && !mayHaveTicket(desk, account)) {
    return fail(45009, withOrigin(desk, request, 'api freq out of limit', 45009))
  }
  const ticket = account.tickets.get(ticketKind ?? '')?.ask()
  if (ticket !== undefined) return ticketReply(desk, ticket)
  return { status: 200, code: 0, token, ...success(desk, request, account) }
}

function mayHaveTicket({ quota }: PlatformDesk, { id, ids }: SimAccount): boolean {
  const isWithinCorp = quota.take(`${ids['corpId']} tickets`, mostTickets.ofCorp, hourSeconds)
  return quota.take(`${id} tickets`, mostTickets.ofApp, hourSeconds) && isWithinCorp
}

function success(
  desk: PlatformDesk,
  request: SimRequest,
  account: SimAccount,
): Pick<SimReply, 'body'> & { code?: number } {
  const ok = { errcode: 0, errmsg: 'ok' }
  if (request.path === '/cgi-bin/get_api_domain_ip') return { body: { ...ok, ip_list: ['203.0.113.1', '203.0.113.2'] } }
  if (request.path !== '/cgi-bin/message/send') return { body: ok }
  if (String(jsonOf(request)['agentid']) !== account.ids['agentId']) {
    const text = withOrigin(desk, request, 'agentid is not of this access_token', 301002)
    return { body: { errcode: 301002, errmsg: text }, code: 301002 }
  }
  return { body: { ...ok, msgid: desk.traceId() } }
}
