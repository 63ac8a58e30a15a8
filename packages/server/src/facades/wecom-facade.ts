import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { FacadeContext } from './facade-context.js'
import { wecomPlatform } from './facade-platform.js'
import { FacadeError } from './facade-error.js'
import { facadeSchemas } from './facade-schemas.js'
import { registerPlatform, type FacadeFields } from './register-platform.js'
import { textFields } from './text-fields.js'
import { ticketFor } from './ticket-for.js'

/** Serves `/cgi-bin/gettoken`, `/cgi-bin/get_jsapi_ticket` and `/cgi-bin/ticket/get`. */
export function registerWecomFacade(fastify: FastifyInstance, facades: FacadeContext): void {
  registerPlatform(fastify, wecomPlatform, [
    {
      method: 'GET',
      path: '/cgi-bin/gettoken',
      schema: facadeSchemas.wecomToken,
      handle: (request, fields) => tokenBody(facades, request, fields),
    },
    {
      method: 'GET',
      path: '/cgi-bin/get_jsapi_ticket',
      schema: facadeSchemas.wecomCorpTicket,
      handle: (_request, fields) => {
        const { access_token: token } = textFields(fields, 'access_token')
        return ticketFor(facades, wecomPlatform, token, 'jsapi')
      },
    },
    {
      method: 'GET',
      path: '/cgi-bin/ticket/get',
      schema: facadeSchemas.wecomAgentTicket,
      handle: (_request, fields) => {
        const { access_token: token, type } = textFields(fields, 'access_token', 'type')
        return ticketFor(facades, wecomPlatform, token, type === 'agent_config' ? 'agentConfig' : undefined)
      },
    },
  ])
}

/** The apps of a corp share its id. WeCom distinguishes them by the secret, this server by a key for one app or by `agentid`. */
async function tokenBody(facades: FacadeContext, request: FastifyRequest, fields: FacadeFields): Promise<object> {
  const { corpid, corpsecret, agentid } = textFields(fields, 'corpid', 'corpsecret', 'agentid')
  if (corpid === '') throw new FacadeError([41002, 'corpid missing'])
  if (corpsecret === '') throw new FacadeError([41004, 'corpsecret missing'])
  const ids = { corpId: corpid, ...(agentid !== '' && { agentId: agentid }) }
  const { value, expiresInSeconds } = await facades.token(request, wecomPlatform, {
    secret: corpsecret,
    ids,
    kinds: ['app'],
  })
  return { errcode: 0, errmsg: 'ok', access_token: value, expires_in: expiresInSeconds }
}
