import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Facade, FacadeFields } from './facade.js'
import type { FacadeContext } from './facade-context.js'
import type { FacadePlatform } from './facade-platform.js'
import { FacadeError } from './facade-error.js'
import {
  common,
  keyField,
  okFields,
  passField,
  response,
  secondsField,
  ticketResponse,
  tokenField,
} from './facade-schemas.js'
import { textFields } from './text-fields.js'
import { ticketFor } from './ticket-for.js'

const platform: FacadePlatform = {
  providerId: 'wecom',
  code: 'errcode',
  message: 'errmsg',
  stranger: [40001, 'invalid credential'],
  ambiguous: [40056, 'invalid agentid'],
  busy: [-1, 'system busy'],
  tooMany: [45009, 'api freq out of limit'],
  malformed: [40013, 'invalid corpid'],
  unknownToken: [40014, 'invalid access_token'],
  notServed: [48002, 'api forbidden'],
  renamed: {},
}

/** WeCom: `/cgi-bin/gettoken`, `/cgi-bin/get_jsapi_ticket` and `/cgi-bin/ticket/get`. Its API calls look like WeChat's. */
export const wecomFacade: Facade = {
  platform,
  unserved: { status: 200, isApiCall: ({ path }) => path.startsWith('/cgi-bin/') },
  routes: [
    {
      method: 'GET',
      path: '/cgi-bin/gettoken',
      schema: {
        summary: 'WeCom: the token of an app',
        ...common,
        querystring: Type.Object({
          corpid: Type.String(),
          corpsecret: keyField,
          agentid: Type.Optional(
            Type.String({ description: 'The app, if the key may read several apps of the corp.' }),
          ),
        }),
        response: response({ ...okFields, access_token: tokenField, expires_in: secondsField }, 'errcode', 'errmsg'),
      },
      handle: tokenBody,
    },
    {
      method: 'GET',
      path: '/cgi-bin/get_jsapi_ticket',
      schema: {
        summary: 'WeCom: the jsapi_ticket of the corp',
        ...common,
        querystring: Type.Object({ access_token: passField }),
        response: ticketResponse,
      },
      handle: corpTicketBody,
    },
    {
      method: 'GET',
      path: '/cgi-bin/ticket/get',
      schema: {
        summary: 'WeCom: the jsapi_ticket of an app',
        ...common,
        querystring: Type.Object({ access_token: passField, type: Type.Literal('agent_config') }),
        response: ticketResponse,
      },
      handle: agentTicketBody,
    },
  ],
}

/** The apps of a corp share its id. WeCom distinguishes them by the secret, this server by a key for one app or by `agentid`. */
async function tokenBody(facades: FacadeContext, request: FastifyRequest, fields: FacadeFields): Promise<object> {
  const { corpid, corpsecret, agentid } = textFields(fields, 'corpid', 'corpsecret', 'agentid')
  if (corpid === '') throw new FacadeError([41002, 'corpid missing'])
  if (corpsecret === '') throw new FacadeError([41004, 'corpsecret missing'])
  const ids = { corpId: corpid, ...(agentid !== '' && { agentId: agentid }) }
  const { value, expiresInSeconds } = await facades.token(request, platform, {
    secret: corpsecret,
    ids,
    kinds: ['app'],
  })
  return { errcode: 0, errmsg: 'ok', access_token: value, expires_in: expiresInSeconds }
}

function corpTicketBody(facades: FacadeContext, request: FastifyRequest, fields: FacadeFields): Promise<object> {
  const { access_token: token } = textFields(fields, 'access_token')
  return ticketFor(facades, request, platform, token, 'jsapi')
}

function agentTicketBody(facades: FacadeContext, request: FastifyRequest, fields: FacadeFields): Promise<object> {
  const { access_token: token, type } = textFields(fields, 'access_token', 'type')
  return ticketFor(facades, request, platform, token, type === 'agent_config' ? 'agentConfig' : undefined)
}
