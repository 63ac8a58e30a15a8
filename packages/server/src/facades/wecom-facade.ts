import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { FacadeDesk } from './facade-desk.js'
import { wecomPlatform } from './facade-platform.js'
import { FacadeRefusal } from './facade-refusal.js'
import { facadeSchemas } from './facade-schemas.js'
import { registerPlatform, type FacadeFields } from './register-platform.js'
import { textFields } from './text-fields.js'
import { ticketFor } from './ticket-for.js'

/** `/cgi-bin/gettoken`, `/cgi-bin/get_jsapi_ticket` and `/cgi-bin/ticket/get`, as WeCom answers them. */
export function registerWecomFacade(fastify: FastifyInstance, desk: FacadeDesk): void {
  registerPlatform(fastify, wecomPlatform, [
    {
      method: 'GET',
      path: '/cgi-bin/gettoken',
      schema: facadeSchemas.wecomToken,
      handle: (request, fields) => tokenBody(desk, request, fields),
    },
    {
      method: 'GET',
      path: '/cgi-bin/get_jsapi_ticket',
      schema: facadeSchemas.wecomCorpTicket,
      handle: (_request, fields) => {
        const { access_token: token } = textFields(fields, 'access_token')
        return ticketFor(desk, wecomPlatform, token, 'jsapi')
      },
    },
    {
      method: 'GET',
      path: '/cgi-bin/ticket/get',
      schema: facadeSchemas.wecomAgentTicket,
      handle: (_request, fields) => {
        const { access_token: token, type } = textFields(fields, 'access_token', 'type')
        return ticketFor(desk, wecomPlatform, token, type === 'agent_config' ? 'agentConfig' : undefined)
      },
    },
  ])
}

/** The apps of a corp share its id; what WeCom tells apart by the secret, a key for one app or `agentid` tells apart here. */
async function tokenBody(desk: FacadeDesk, request: FastifyRequest, fields: FacadeFields): Promise<object> {
  const { corpid, corpsecret, agentid } = textFields(fields, 'corpid', 'corpsecret', 'agentid')
  if (corpid === '') throw new FacadeRefusal([41002, 'corpid missing'])
  if (corpsecret === '') throw new FacadeRefusal([41004, 'corpsecret missing'])
  const ids = { corpId: corpid, ...(agentid !== '' && { agentId: agentid }) }
  const { value, expiresInSeconds } = await desk.token(request, wecomPlatform, {
    secret: corpsecret,
    ids,
    kinds: ['app'],
  })
  return { errcode: 0, errmsg: 'ok', access_token: value, expires_in: expiresInSeconds }
}
