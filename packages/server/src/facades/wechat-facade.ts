import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { FacadeContext } from './facade-context.js'
import { wechatPlatform } from './facade-platform.js'
import { FacadeError } from './facade-error.js'
import { facadeSchemas } from './facade-schemas.js'
import { registerPlatform, type FacadeFields } from './register-platform.js'
import { textFields } from './text-fields.js'
import { ticketFor } from './ticket-for.js'
import { wechatSecretRoutes } from './wechat-secret-calls.js'

/** Serves `/cgi-bin/token`, `/cgi-bin/stable_token`, `/cgi-bin/ticket/getticket` and the calls with the secret. */
export function registerWechatFacade(fastify: FastifyInstance, facades: FacadeContext): void {
  registerPlatform(fastify, wechatPlatform, [
    {
      method: 'GET',
      path: '/cgi-bin/token',
      schema: facadeSchemas.wechatToken,
      handle: (request, fields) => tokenBody(facades, request, fields, ['token', 'stable']),
    },
    {
      method: 'POST',
      path: '/cgi-bin/stable_token',
      schema: facadeSchemas.wechatStableToken,
      otherMethod: new FacadeError([43002, 'require POST method']),
      handle: (request, fields) => tokenBody(facades, request, fields, ['stable', 'token']),
    },
    {
      method: 'GET',
      path: '/cgi-bin/ticket/getticket',
      schema: facadeSchemas.wechatTicket,
      handle: (_request, fields) => {
        const { access_token: token, type } = textFields(fields, 'access_token', 'type')
        const name = type === 'jsapi' ? 'jsapi' : type === 'wx_card' ? 'wxCard' : undefined
        return ticketFor(facades, wechatPlatform, token, name)
      },
    },
    ...wechatSecretRoutes(facades),
  ])
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
  const { value, expiresInSeconds } = await facades.token(request, wechatPlatform, { secret, ids, kinds, isForced })
  return { access_token: value, expires_in: expiresInSeconds }
}
