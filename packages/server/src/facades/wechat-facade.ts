import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { FacadeDesk } from './facade-desk.js'
import { wechatPlatform } from './facade-platform.js'
import { FacadeRefusal } from './facade-refusal.js'
import { facadeSchemas } from './facade-schemas.js'
import { registerPlatform, type FacadeFields } from './register-platform.js'
import { textFields } from './text-fields.js'
import { ticketFor } from './ticket-for.js'
import { wechatSecretRoutes } from './wechat-secret-calls.js'

/** `/cgi-bin/token`, `/cgi-bin/stable_token`, `/cgi-bin/ticket/getticket` and the calls with the secret, as WeChat answers them. */
export function registerWechatFacade(fastify: FastifyInstance, desk: FacadeDesk): void {
  registerPlatform(fastify, wechatPlatform, [
    {
      method: 'GET',
      path: '/cgi-bin/token',
      schema: facadeSchemas.wechatToken,
      handle: (request, fields) => tokenBody(desk, request, fields, ['token', 'stable']),
    },
    {
      method: 'POST',
      path: '/cgi-bin/stable_token',
      schema: facadeSchemas.wechatStableToken,
      otherMethod: new FacadeRefusal([43002, 'require POST method']),
      handle: (request, fields) => tokenBody(desk, request, fields, ['stable', 'token']),
    },
    {
      method: 'GET',
      path: '/cgi-bin/ticket/getticket',
      schema: facadeSchemas.wechatTicket,
      handle: (_request, fields) => {
        const { access_token: token, type } = textFields(fields, 'access_token', 'type')
        const name = type === 'jsapi' ? 'jsapi' : type === 'wx_card' ? 'wxCard' : undefined
        return ticketFor(desk, wechatPlatform, token, name)
      },
    },
    ...wechatSecretRoutes(desk),
  ])
}

async function tokenBody(
  desk: FacadeDesk,
  request: FastifyRequest,
  fields: FacadeFields,
  kinds: readonly string[],
): Promise<object> {
  const { grant_type, appid, secret } = textFields(fields, 'grant_type', 'appid', 'secret')
  if (grant_type !== 'client_credential') throw new FacadeRefusal([40002, 'invalid grant_type'])
  if (appid === '') throw new FacadeRefusal([41002, 'appid missing'])
  if (secret === '') throw new FacadeRefusal([41004, 'appsecret missing'])
  // Some SDKs send it in a form, as text.
  const isForced = String(fields['force_refresh']) === 'true'
  const ids = { appId: appid }
  const { value, expiresInSeconds } = await desk.token(request, wechatPlatform, { secret, ids, kinds, isForced })
  return { access_token: value, expires_in: expiresInSeconds }
}
