import {
  jsonOf,
  type HeldToken,
  type PlatformDesk,
  type PlatformKind,
  type SimLook,
  type SimReply,
  type SimRequest,
} from './platform.js'
import type { SimAccount } from './sim-account.js'
import { verdict, type BookRules, type DeadKind, type Issue } from './token-book.js'

/** The same token while 30 minutes are left, then a new one; both live until their own expiry. */
const rules: BookRules = { mode: 'sticky', lifeSeconds: 7200, windowSeconds: 1800, overlapSeconds: 1800 }

const auth = '/open-apis/auth/v3'

/** The tokens of OAuth are JWTs: Feishu asks to keep room for 4 KB. */
const jwtBytes = 3000

/** A request for a token, read from JSON, a form or a Basic header. */
interface Asked {
  readonly appId: string
  readonly secret: string
  readonly fields: Readonly<Record<string, unknown>>
}

/**
 * Feishu: tenant and app tokens of self-built apps and of store apps, OAuth, tickets. An account with `tenants` is a store app.
 *
 * @see https://open.larkoffice.com/document/ukTMukTMukTM/ukDNz4SO0MjL5QzM/auth-v3/auth/tenant_access_token_internal.md (read 2026-11-28)
 */
export const feishuPlatform: PlatformKind<'appId' | 'appSecret'> = {
  name: 'feishu',
  providerIds: ['feishu'],
  ids: ['appId'],
  secret: 'appSecret',
  demo: { appId: 'cli_dec0de0000000001', appSecret: 'demo-feishu-app-secret-not-real' },
  tokens: { tenant: rules, app: rules, oauth: { ...rules, mode: 'independent', tokenBytes: jwtBytes } },
  // What another request returns is not documented: the same ticket during its life.
  tickets: { jsapi: { mode: 'sticky', lifeSeconds: 7200, windowSeconds: 0, overlapSeconds: 0 } },
  pushed: ({ ids }, value) => ({
    uuid: 'sim-event',
    token: 'demo-feishu-verification-token-not-real',
    type: 'event_callback',
    event: { type: 'app_ticket', app_id: ids['appId'], app_ticket: value },
  }),
  open: (desk) => ({
    look: (request) => look(desk, request),
    answer: (request, seen) => answer(desk, request, seen),
  }),
}

function look(desk: PlatformDesk, request: SimRequest): SimLook {
  const { path } = request
  const ofApp = (): Pick<SimLook, 'account'> => {
    const account = desk.accounts.find(({ ids }) => ids['appId'] === askedIn(request).appId)
    return account === undefined ? {} : { account }
  }
  if (Object.hasOwn(tokenAnswers, path)) return { endpoint: 'token', ...ofApp() }
  if (path === `${auth}/app_ticket/resend`) return { endpoint: 'api', ...ofApp() }
  const isOfTenant = path === `${auth}/tenant_access_token`
  const value = isOfTenant ? textOf(jsonOf(request)['app_access_token']) : bearerIn(request)
  const held = value === '' ? undefined : desk.find(value)
  const isTicket = path === '/open-apis/jssdk/ticket/get'
  return {
    ...(isTicket ? { endpoint: 'ticket', ticketKind: 'jsapi' } : { endpoint: isOfTenant ? 'token' : 'api' }),
    presents: value !== '',
    ...(held !== undefined && { held, account: held.account }),
  }
}

function answer(desk: PlatformDesk, request: SimRequest, seen: SimLook): SimReply {
  const { path } = request
  const ofToken = Object.hasOwn(tokenAnswers, path) ? tokenAnswers[path] : undefined
  if (ofToken !== undefined) return ofToken(desk, askedIn(request), seen.account)
  if (path === `${auth}/app_ticket/resend`) return resend(desk, askedIn(request), seen.account)
  if (path === `${auth}/tenant_access_token`) return tenantOfStoreApp(desk, jsonOf(request), seen)
  if (!path.startsWith('/open-apis/')) return { status: 404, body: '404 page not found', code: 404 }
  return answerApi(desk, request, seen)
}

type TokenAnswer = (desk: PlatformDesk, asked: Asked, account: SimAccount | undefined) => SimReply

const tokenAnswers: Readonly<Record<string, TokenAnswer>> = {
  [`${auth}/tenant_access_token/internal`]: (desk, asked, account) =>
    refused(desk, asked, account, 'self-built') ??
    tokenReply(desk, account, 'tenant_access_token', bookOf(account, 'tenant')),
  [`${auth}/app_access_token/internal`]: (desk, asked, account) =>
    refused(desk, asked, account, 'self-built') ??
    tokenReply(desk, account, 'app_access_token', bookOf(account, 'app'), {
      tenant_access_token: bookOf(account, 'tenant')?.token.value,
    }),
  [`${auth}/app_access_token`]: (desk, asked, account) =>
    refused(desk, asked, account, 'store') ??
    (account?.pushed === undefined || asked.fields['app_ticket'] !== account.pushed
      ? failure(10012, 'app_ticket invalid')
      : tokenReply(desk, account, 'app_access_token', bookOf(account, 'app'))),
  '/oauth/v3/token': oauth,
}

/** Why an app gets no token; the errors come with HTTP 200. */
function refused(
  desk: PlatformDesk,
  { secret }: Asked,
  account: SimAccount | undefined,
  kind: 'self-built' | 'store',
): SimReply | undefined {
  const isOfKind = (account?.settings.tenants === undefined) === (kind === 'self-built')
  if (account === undefined || !isOfKind)
    return { ...failure(10003, 'invalid param'), body: { code: 10003, data: {}, msg: 'invalid param' } }
  if (secret !== account.secret) return failure(10014, 'app secret invalid')
  return isTooOften(desk, account) ? failure(99991400, 'request trigger frequency limit', 429) : undefined
}

function isTooOften({ quota }: PlatformDesk, { id, settings }: SimAccount): boolean {
  const { perMinute = Infinity, perDay = Infinity } = settings
  const isWithin = quota.take(`${id} minute`, perMinute, 60)
  return !quota.take(`${id} day`, perDay, 86_400) || !isWithin
}

function bookOf(account: SimAccount | undefined, kind: string): Issue | undefined {
  return account?.books.get(kind)?.ask()
}

function tokenReply(
  desk: PlatformDesk,
  account: SimAccount | undefined,
  field: string,
  issue: Issue | undefined,
  more: object = {},
): SimReply {
  if (issue === undefined) return failure(10003, 'invalid param')
  const body = { code: 0, msg: 'ok', [field]: issue.token.value, expire: secondsOf(desk, account, issue), ...more }
  return { status: 200, body, code: 0, ...issue }
}

function secondsOf(desk: PlatformDesk, account: SimAccount | undefined, { token, leftMs }: Issue): number {
  const isFull = account?.settings.expiresIn === 'full'
  return desk.time.clientSeconds(isFull ? token.expiresAtMs - token.issuedAtMs : leftMs)
}

/** A tenant's token; the token of the app is in the body. */
function tenantOfStoreApp(desk: PlatformDesk, fields: Asked['fields'], { held }: SimLook): SimReply {
  const dead = deadOf(desk, held)
  if (held === undefined || dead !== undefined) return rejection(held, dead ?? 'unknown', 99991664)
  const { account, token, kind } = held
  const tenantKey = textOf(fields['tenant_key'])
  if (kind !== 'app' || account.settings.tenants?.includes(tenantKey) !== true) {
    return { ...failure(10003, 'invalid param'), token }
  }
  return tokenReply(desk, account, 'tenant_access_token', account.bookOf('tenant', tenantKey).ask())
}

function resend(desk: PlatformDesk, { secret }: Asked, account: SimAccount | undefined): SimReply {
  if (account?.settings.tenants === undefined) return failure(10003, 'invalid param')
  if (secret !== account.secret) return failure(10014, 'app secret invalid')
  desk.push(account)
  return { status: 200, body: { code: 0, msg: 'ok' }, code: 0 }
}

/** The words in `error` follow RFC 6749; those that Feishu sends beside its numbers are not known, except `server_error`. */
function oauth(desk: PlatformDesk, { appId, secret, fields }: Asked, account: SimAccount | undefined): SimReply {
  const fail = (code: number, error: string, text: string, status = 400): SimReply => ({
    status,
    body: { code, error, error_description: text },
    code,
  })
  const isBySecret = fields['grant_type'] === 'client_credentials'
  if (!isBySecret && fields['grant_type'] !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') {
    return fail(20036, 'unsupported_grant_type', 'The grant type is not supported.')
  }
  if (fields['client_secret'] !== undefined && fields['basic'] === true) {
    return fail(20070, 'invalid_request', 'Only one client authentication method is allowed.')
  }
  if (appId === '' || account === undefined || account.settings.tenants !== undefined) {
    return fail(20048, 'invalid_client', 'The app does not exist.')
  }
  if (isBySecret ? secret !== account.secret : textOf(fields['client_assertion']) === '') {
    return fail(20002, 'invalid_client', 'The client secret is invalid.')
  }
  if (isTooOften(desk, account)) return fail(99991400, 'invalid_request', 'request trigger frequency limit', 429)
  const issue = bookOf(account, 'oauth')
  if (issue === undefined) return fail(20050, 'server_error', 'An unexpected server error occurred.', 500)
  const body = { access_token: issue.token.value, token_type: 'Bearer', expires_in: secondsOf(desk, account, issue) }
  return { status: 200, body, code: 0, ...issue }
}

function answerApi(desk: PlatformDesk, request: SimRequest, { held, presents, ticketKind }: SimLook): SimReply {
  if (presents !== true) return failure(99991661, 'Missing access token for authorization.', 400)
  const dead = deadOf(desk, held)
  if (held === undefined || dead !== undefined) {
    return rejection(held, dead ?? 'unknown', held?.kind === 'app' ? 99991664 : 99991663, desk.accounts)
  }
  const { account, token } = held
  if (account.settings.ipAllow?.includes(request.ip) === false) {
    return { ...failure(99991401, 'denied by app setting', 400), token }
  }
  const ticket = account.tickets.get(ticketKind ?? '')?.ask()
  if (ticket !== undefined) {
    const { issuedAtMs, expiresAtMs, value } = ticket.token
    const data = { expire_in: desk.time.clientSeconds(expiresAtMs - issuedAtMs), ticket: value }
    return { status: 200, body: { code: 0, msg: 'ok', data }, code: 0, ...ticket }
  }
  return { status: 200, body: { code: 0, msg: 'success', ...dataOf(desk, request, account) }, code: 0, token }
}

function dataOf(desk: PlatformDesk, { path }: SimRequest, { ids }: SimAccount): object {
  if (path === '/open-apis/bot/v3/info') return { bot: { activate_status: 2, app_name: ids['appId'] } }
  return { data: path === '/open-apis/im/v1/messages' ? { message_id: `om_${desk.traceId()}` } : {} }
}

function deadOf(desk: PlatformDesk, held: HeldToken | undefined): Exclude<DeadKind, 'unknown'> | undefined {
  return held && verdict(held.token, desk.time.nowMs())
}

/** Both statuses were observed: an unknown token gets the one of the first account. */
function rejection(
  held: HeldToken | undefined,
  dead: DeadKind,
  code: number,
  [first]: readonly SimAccount[] = [],
): SimReply {
  const { rejectedStatus = 400 } = (held?.account ?? first)?.settings ?? {}
  const reply = failure(code, 'Invalid access token for authorization.', rejectedStatus)
  return { ...reply, dead, ...(held !== undefined && { token: held.token }) }
}

function failure(code: number, msg: string, status = 200): SimReply {
  return { status, body: { code, msg }, code }
}

function askedIn(request: SimRequest): Asked {
  const json = jsonOf(request)
  const fields = Object.keys(json).length > 0 ? json : Object.fromEntries(new URLSearchParams(request.text))
  const [, encoded] = /^Basic (.+)$/i.exec(request.headers.authorization ?? '') ?? []
  const [basicId = '', ...rest] = Buffer.from(encoded ?? '', 'base64')
    .toString('utf8')
    .split(':')
  const [ofBody, ofHeader] = [textOf(fields['app_secret'] ?? fields['client_secret']), rest.join(':')]
  return {
    appId: textOf(fields['app_id'] ?? fields['client_id']) || decodeURIComponent(basicId),
    secret: encoded === undefined ? ofBody : decodeURIComponent(ofHeader),
    fields: { ...fields, ...(encoded !== undefined && { basic: true }) },
  }
}

function bearerIn({ headers }: SimRequest): string {
  return /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? ''
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
