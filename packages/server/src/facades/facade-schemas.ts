import { Type, type TProperties } from 'typebox'

const tags = ['facades']
const token = Type.String({ description: 'The access token.' })
const seconds = Type.Integer({ description: 'What is left of its life, whole seconds.' })
const key = Type.String({
  description:
    'A client key of this server, instead of the secret; `<key>@<account>` or `<account>@<key>` names the account.',
})
const pass = Type.String({ description: 'A token that this server handed out.' })

const answer = (fields: TProperties, codeName: 'errcode' | 'code', messageName: 'errmsg' | 'message') => ({
  200: Type.Union([Type.Object(fields), Type.Object({ [codeName]: Type.Integer(), [messageName]: Type.String() })], {
    description: 'What was asked for, or a refusal: the platforms send both with HTTP 200.',
  }),
})
const wechatAnswer = answer({ access_token: token, expires_in: seconds }, 'errcode', 'errmsg')
const ok = { errcode: Type.Literal(0), errmsg: Type.Literal('ok') }
const ticketAnswer = answer({ ...ok, ticket: Type.String(), expires_in: seconds }, 'errcode', 'errmsg')
const grant = { grant_type: Type.Literal('client_credential'), appid: Type.String(), secret: key }
const login = { appid: Type.String(), secret: key }
const passedOn = {
  200: Type.Object({}, { additionalProperties: true, description: 'The body that WeChat answered, or a refusal.' }),
}

/** What the OpenAPI document says of the facades. What comes in is checked by the platforms' rules, not by these. */
export const facadeSchemas = {
  wechatToken: {
    summary: 'WeChat: a token; the same one for everybody, unlike upstream',
    tags,
    security: [],
    querystring: Type.Object(grant),
    response: wechatAnswer,
  },
  wechatStableToken: {
    summary: 'WeChat: a token; with force_refresh, one that the platform has just accepted or made',
    tags,
    security: [],
    body: Type.Object({ ...grant, force_refresh: Type.Optional(Type.Boolean()) }),
    response: wechatAnswer,
  },
  wechatMiniProgramLogin: {
    summary: 'WeChat: the login of a mini program; the secret takes the place of the key, and WeChat answers',
    tags,
    security: [],
    querystring: Type.Object({ ...login, js_code: Type.String(), grant_type: Type.Literal('authorization_code') }),
    response: passedOn,
  },
  wechatWebLogin: {
    summary: 'WeChat: the login of a web page or app; the secret takes the place of the key, and WeChat answers',
    tags,
    security: [],
    querystring: Type.Object({ ...login, code: Type.String(), grant_type: Type.Literal('authorization_code') }),
    response: passedOn,
  },
  wechatClearQuota: {
    summary: 'WeChat: clears the quota of the account; for keys with the role admin',
    tags,
    security: [],
    body: Type.Object({ appid: Type.String(), appsecret: key }),
    response: passedOn,
  },
  wechatTicket: {
    summary: 'WeChat: a jsapi_ticket, or the api_ticket of cards',
    tags,
    security: [],
    querystring: Type.Object({
      access_token: pass,
      type: Type.Union([Type.Literal('jsapi'), Type.Literal('wx_card')]),
    }),
    response: ticketAnswer,
  },
  wecomToken: {
    summary: 'WeCom: the token of an app',
    tags,
    security: [],
    querystring: Type.Object({
      corpid: Type.String(),
      corpsecret: key,
      agentid: Type.Optional(Type.String({ description: 'Which app, where the key may read several of the corp.' })),
    }),
    response: answer({ ...ok, access_token: token, expires_in: seconds }, 'errcode', 'errmsg'),
  },
  wecomCorpTicket: {
    summary: 'WeCom: the jsapi_ticket of the corp',
    tags,
    security: [],
    querystring: Type.Object({ access_token: pass }),
    response: ticketAnswer,
  },
  wecomAgentTicket: {
    summary: 'WeCom: the jsapi_ticket of an app',
    tags,
    security: [],
    querystring: Type.Object({ access_token: pass, type: Type.Literal('agent_config') }),
    response: ticketAnswer,
  },
  qqToken: {
    summary: 'QQ: the token of a bot',
    tags,
    security: [],
    body: Type.Object({ appId: Type.String(), clientSecret: key }),
    response: answer(
      { access_token: token, expires_in: Type.String({ description: 'What is left of its life: digits.' }) },
      'code',
      'message',
    ),
  },
}
