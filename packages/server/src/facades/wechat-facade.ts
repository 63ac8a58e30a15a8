import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Facade, FacadeFields } from './facade.js'
import type { FacadeContext } from './facade-context.js'
import type { FacadePlatform } from './facade-platform.js'
import { FacadeError } from './facade-error.js'
import { common, keyField, passField, response, secondsField, ticketResponse, tokenField } from './facade-schemas.js'
import { textFields } from './text-fields.js'
import { ticketFor } from './ticket-for.js'
import { wechatSecretRoutes } from './wechat-secret-calls.js'

const platform: FacadePlatform = {
  providerId: 'wechat-mp',
  code: 'errcode',
  message: 'errmsg',
  stranger: [40125, 'invalid appsecret'],
  ambiguous: [40013, 'invalid appid'],
  busy: [-1, 'system error'],
  tooMany: [45011, 'api minute-quota reach limit, must slower, retry next minute'],
  malformed: [40013, 'invalid appid'],
  unknownToken: [40001, 'invalid credential, access_token is invalid or not latest'],
  notServed: [48001, 'api unauthorized'],
  renamed: { 40001: [40125, 'invalid appsecret'] },
}

/** Paths of WeChat and WeCom, in addition to calls with a token in the query. */
const apiPaths = /^\/(cgi-bin|sns|wxa|wxaapi|datacube|customservice|card|tcb|cv)(\/|$)/

const grant = { grant_type: Type.Literal('client_credential'), appid: Type.String(), secret: keyField }
const tokenResponse = response({ access_token: tokenField, expires_in: secondsField }, 'errcode', 'errmsg')

/**
 * WeChat official accounts and mini programs: `/cgi-bin/token`, `/cgi-bin/stable_token`, `/cgi-bin/ticket/getticket` and the calls with
 * the secret.
 */
export const wechatFacade: Facade = {
  platform,
  unserved: {
    status: 200,
    isApiCall: ({ path, query }) => apiPaths.test(path) || /(^|&)access_token=/.test(query),
  },
  routes: [
    {
      method: 'GET',
      path: '/cgi-bin/token',
      schema: {
        summary: 'WeChat: a token; unlike upstream, the same token for all clients',
        ...common,
        querystring: Type.Object(grant),
        response: tokenResponse,
      },
      handle: (facades, request, fields) => tokenBody(facades, request, fields, ['token', 'stable']),
    },
    {
      method: 'POST',
      path: '/cgi-bin/stable_token',
      schema: {
        summary: 'WeChat: a token; with force_refresh, one that the platform has just accepted or issued',
        ...common,
        body: Type.Object({ ...grant, force_refresh: Type.Optional(Type.Boolean()) }),
        response: tokenResponse,
      },
      otherMethod: new FacadeError([43002, 'require POST method']),
      handle: (facades, request, fields) => tokenBody(facades, request, fields, ['stable', 'token']),
    },
    {
      method: 'GET',
      path: '/cgi-bin/ticket/getticket',
      schema: {
        summary: 'WeChat: a jsapi_ticket, or the api_ticket of cards',
        ...common,
        querystring: Type.Object({
          access_token: passField,
          type: Type.Union([Type.Literal('jsapi'), Type.Literal('wx_card')]),
        }),
        response: ticketResponse,
      },
      handle: ticketBody,
    },
    ...wechatSecretRoutes(platform),
  ],
}

async function tokenBody(
  facades: FacadeContext,
  request: FastifyRequest,
  fields: FacadeFields,
  kinds: readonly string[],
): Promise<object> {
  const { grant_type, appid, secret } = textFields(fields, 'grant_type', 'appid', 'secret')
  if (grant_type !== 'client_credential') throw new FacadeError([40002, 'invalid grant_type'])
  if (appid === '') throw new FacadeError([41002, 'appid missing'])
  if (secret === '') throw new FacadeError([41004, 'appsecret missing'])
  // Some SDKs send it in a form, as text.
  const isForced = String(fields['force_refresh']) === 'true'
  const ids = { appId: appid }
  const { value, expiresInSeconds } = await facades.token(request, platform, { secret, ids, kinds, isForced })
  return { access_token: value, expires_in: expiresInSeconds }
}

function ticketBody(facades: FacadeContext, request: FastifyRequest, fields: FacadeFields): Promise<object> {
  const { access_token: token, type } = textFields(fields, 'access_token', 'type')
  const name = type === 'jsapi' ? 'jsapi' : type === 'wx_card' ? 'wxCard' : undefined
  return ticketFor(facades, request, platform, token, name)
}
