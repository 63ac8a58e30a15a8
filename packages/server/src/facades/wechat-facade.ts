import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { FacadeDesk } from './facade-desk.js'
import { wechatPlatform } from './facade-platform.js'
import { FacadeRefusal } from './facade-refusal.js'
import { facadeSchemas } from './facade-schemas.js'
import { registerPlatform } from './register-platform.js'
import { textFields } from './text-fields.js'
import { ticketFor } from './ticket-for.js'

/** `/cgi-bin/token`, `/cgi-bin/stable_token` and `/cgi-bin/ticket/getticket`, as WeChat answers them. */
export function registerWechatFacade(fastify: FastifyInstance, desk: FacadeDesk): void {
  registerPlatform(fastify, wechatPlatform, (scope) => {
    scope.get('/cgi-bin/token', { schema: facadeSchemas.wechatToken }, async (request) =>
      tokenBody(desk, request, request.query, ['token', 'stable']),
    )
    scope.post('/cgi-bin/stable_token', { schema: facadeSchemas.wechatStableToken }, async (request) =>
      tokenBody(desk, request, request.body, ['stable', 'token']),
    )
    scope.get('/cgi-bin/stable_token', { schema: { hide: true } }, async () => {
      throw new FacadeRefusal([43002, 'require POST method'])
    })
    scope.get('/cgi-bin/ticket/getticket', { schema: facadeSchemas.wechatTicket }, async (request) => {
      const { access_token: token, type } = textFields(request.query, 'access_token', 'type')
      const name = type === 'jsapi' ? 'jsapi' : type === 'wx_card' ? 'wxCard' : undefined
      return ticketFor(desk, wechatPlatform, token, name)
    })
  })
}

async function tokenBody(
  desk: FacadeDesk,
  request: FastifyRequest,
  question: unknown,
  kinds: readonly string[],
): Promise<object> {
  const { grant_type, appid, secret } = textFields(question, 'grant_type', 'appid', 'secret')
  if (grant_type !== 'client_credential') throw new FacadeRefusal([40002, 'invalid grant_type'])
  if (appid === '') throw new FacadeRefusal([41002, 'appid missing'])
  if (secret === '') throw new FacadeRefusal([41004, 'appsecret missing'])
  const isForced = (question as { readonly force_refresh?: unknown }).force_refresh === true
  const ids = { appId: appid }
  const { value, expiresInSeconds } = await desk.token(request, wechatPlatform, { secret, ids, kinds, isForced })
  return { access_token: value, expires_in: expiresInSeconds }
}
