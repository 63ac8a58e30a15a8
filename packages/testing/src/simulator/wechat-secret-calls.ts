import { createHash } from 'node:crypto'
import { jsonOf, type PlatformDesk, type SimReply, type SimRequest } from './platform.js'

/** Calls that carry the secret instead of a token, and where they carry it. */
const secretCalls: Readonly<Record<string, { readonly field: string; readonly method: 'GET' | 'POST' }>> = {
  '/sns/jscode2session': { field: 'secret', method: 'GET' },
  '/sns/oauth2/access_token': { field: 'secret', method: 'GET' },
  '/cgi-bin/clear_quota/v2': { field: 'appsecret', method: 'POST' },
}

/** The credentials of such a call. */
export interface SecretCall {
  readonly appid: string
  readonly secret: string
  readonly question: Readonly<Record<string, unknown>>
}

/** Returns the call with the secret if the request is one. */
export function secretCallOf(request: SimRequest): SecretCall | undefined {
  const call = Object.hasOwn(secretCalls, request.path) ? secretCalls[request.path] : undefined
  if (call === undefined) return undefined
  const question = call.method === 'POST' ? jsonOf(request) : Object.fromEntries(request.query)
  const textOf = (name: string): string => (typeof question[name] === 'string' ? question[name] : '')
  return { appid: textOf('appid'), secret: textOf(call.field), question }
}

/** Responds to a call with a valid secret. Each code stands for a user, whose ids are the same at each login. */
export function secretCallReply(desk: PlatformDesk, { path }: SimRequest, { appid, question }: SecretCall): SimReply {
  const idOf = (kind: string): string =>
    createHash('sha256')
      .update(JSON.stringify([kind, appid, question['js_code'] ?? question['code']]))
      .digest('base64url')
      .slice(0, 28)
  const ok = (body: object): SimReply => ({ status: 200, body, code: 0 })
  if (path === '/cgi-bin/clear_quota/v2') return ok({ errcode: 0, errmsg: 'ok' })
  const openid = idOf('openid')
  if (path === '/sns/jscode2session') return ok({ session_key: idOf('session'), openid })
  const tokens = { access_token: `user_${desk.traceId()}`, refresh_token: `refresh_${desk.traceId()}` }
  return ok({ ...tokens, expires_in: 7200, openid, scope: 'snsapi_base' })
}
