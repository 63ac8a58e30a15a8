import { Type, type TProperties } from 'typebox'

const tags = ['facades']
const token = Type.String({ description: 'The access token.' })
const seconds = Type.Integer({ description: 'Remaining lifetime in whole seconds.' })
const key = Type.String({
  description:
    'A client key of this server instead of the secret; `<key>@<account>` or `<account>@<key>` names the account.',
})
const pass = Type.String({ description: 'A token that this server handed out.' })

const response = (fields: TProperties, codeName: 'errcode' | 'code', messageName: 'errmsg' | 'message') => ({
  200: Type.Union([Type.Object(fields), Type.Object({ [codeName]: Type.Integer(), [messageName]: Type.String() })], {
    description: 'The result or an error: the platforms send both with HTTP 200.',
  }),
})
const wechatResponse = response({ access_token: token, expires_in: seconds }, 'errcode', 'errmsg')
const ok = { errcode: Type.Literal(0), errmsg: Type.Literal('ok') }
const ticketResponse = response({ ...ok, ticket: Type.String(), expires_in: seconds }, 'errcode', 'errmsg')
const grant = { grant_type: Type.Literal('client_credential'), appid: Type.String(), secret: key }
const login = { appid: Type.String(), secret: key }
const forwarded = {
  200: Type.Object({}, { additionalProperties: true, description: "The body of WeChat's response, or an error." }),
}

/** The facades in the OpenAPI document. Input is checked by the platforms' rules instead of these schemas. */
export const facadeSchemas = {
  wechatToken: {
    summary: 'WeChat: a token; unlike upstream, the same token for all clients',
    tags,
    security: [],
    querystring: Type.Object(grant),
    response: wechatResponse,
  },
  wechatStableToken: {
    summary: 'WeChat: a token; with force_refresh, one that the platform has just accepted or issued',
    tags,
    security: [],
    body: Type.Object({ ...grant, force_refresh: Type.Optional(Type.Boolean()) }),
    response: wechatResponse,
  },
  wechatMiniProgramLogin: {
    summary: 'WeChat: the login of a mini program; the server replaces the key by the secret and forwards the request',
    tags,
    security: [],
    querystring: Type.Object({ ...login, js_code: Type.String(), grant_type: Type.Literal('authorization_code') }),
    response: forwarded,
  },
  wechatWebLogin: {
    summary:
      'WeChat: the login of a web page or app; the server replaces the key by the secret and forwards the request',
    tags,
    security: [],
    querystring: Type.Object({ ...login, code: Type.String(), grant_type: Type.Literal('authorization_code') }),
    response: forwarded,
  },
  wechatClearQuota: {
    summary: 'WeChat: clears the quota of the account; for keys with the role admin',
    tags,
    security: [],
    body: Type.Object({ appid: Type.String(), appsecret: key }),
    response: forwarded,
  },
  wechatTicket: {
    summary: 'WeChat: a jsapi_ticket, or the api_ticket of cards',
    tags,
    security: [],
    querystring: Type.Object({
      access_token: pass,
      type: Type.Union([Type.Literal('jsapi'), Type.Literal('wx_card')]),
    }),
    response: ticketResponse,
  },
  wecomToken: {
    summary: 'WeCom: the token of an app',
    tags,
    security: [],
    querystring: Type.Object({
      corpid: Type.String(),
      corpsecret: key,
      agentid: Type.Optional(Type.String({ description: 'The app, if the key may read several apps of the corp.' })),
    }),
    response: response({ ...ok, access_token: token, expires_in: seconds }, 'errcode', 'errmsg'),
  },
  wecomCorpTicket: {
    summary: 'WeCom: the jsapi_ticket of the corp',
    tags,
    security: [],
    querystring: Type.Object({ access_token: pass }),
    response: ticketResponse,
  },
  wecomAgentTicket: {
    summary: 'WeCom: the jsapi_ticket of an app',
    tags,
    security: [],
    querystring: Type.Object({ access_token: pass, type: Type.Literal('agent_config') }),
    response: ticketResponse,
  },
  qqToken: {
    summary: 'QQ: the token of a bot',
    tags,
    security: [],
    body: Type.Object({ appId: Type.String(), clientSecret: key }),
    response: response(
      { access_token: token, expires_in: Type.String({ description: 'Remaining lifetime in seconds, as digits.' }) },
      'code',
      'message',
    ),
  },
}
