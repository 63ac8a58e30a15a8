import type { FastifyRequest } from 'fastify'
import { Type, type TProperties } from 'typebox'
import type { Facade, FacadeFields } from './facade.js'
import type { FacadeContext } from './facade-context.js'
import type { FacadePlatform } from './facade-platform.js'
import { FacadeError } from './facade-error.js'
import { common, keyField, secondsField, tokenField } from './facade-schemas.js'
import { textFields } from './text-fields.js'

/** `/v1.0/oauth2/accessToken`: errors have a code that is a text, and HTTP 400. */
const platform: FacadePlatform = {
  providerId: 'dingtalk',
  code: 'code',
  message: 'message',
  errorExtras: { requestid: 'lingpai' },
  status: 400,
  statuses: {
    'server.error': 500,
    unknownError: 500,
    90018: 429,
    'unauthorized.client': 401,
    'Forbidden.AccessDenied.AccessTokenPermissionDenied': 403,
  },
  stranger: ['invalidClientIdOrSecret', 'invalid clientId or clientSecret'],
  ambiguous: ['invalidClientIdOrSecret', 'invalid clientId or clientSecret'],
  busy: ['server.error', 'server error'],
  tooMany: ['90018', 'too many requests'],
  malformed: ['invalidClientIdOrSecret', 'invalid clientId or clientSecret'],
  unknownToken: ['InvalidAuthentication', '不合法的access_token'],
  notServed: ['Forbidden.AccessDenied.AccessTokenPermissionDenied', 'permission denied'],
  renamed: {},
}

/** `/v1.0/oauth2/:corpId/token`: the same with other codes. */
const unified: FacadePlatform = {
  ...platform,
  stranger: ['invalid.client', 'invalid client'],
  ambiguous: ['invalid.client', 'invalid client'],
  malformed: ['invalid.client', 'invalid client'],
}

/** DingTalk's newer endpoints: `/v1.0/oauth2/accessToken` and `/v1.0/oauth2/:corpId/token`. */
export const dingtalkFacade: Facade = {
  platform,
  unserved: { status: 403, isComplete: true, isApiCall: ({ path }) => /^\/v\d+\.\d+\//.test(path) },
  routes: [
    {
      method: 'POST',
      path: '/v1.0/oauth2/accessToken',
      schema: {
        summary: 'DingTalk: the token of an app',
        ...common,
        body: Type.Object({ appKey: Type.String(), appSecret: keyField }),
        response: response({ accessToken: tokenField, expireIn: secondsField }),
      },
      handle: newBody,
    },
    {
      method: 'POST',
      path: '/v1.0/oauth2/:corpId/token',
      schema: {
        summary: 'DingTalk: the token of an app in one organisation',
        ...common,
        params: Type.Object({ corpId: Type.String() }),
        body: Type.Object({
          client_id: Type.String(),
          client_secret: keyField,
          grant_type: Type.Literal('client_credentials'),
        }),
        response: response({ access_token: tokenField, expires_in: secondsField }),
      },
      platform: unified,
      handle: unifiedBody,
    },
  ],
}

function response(fields: TProperties) {
  const error = Type.Object({ code: Type.String(), message: Type.String(), requestid: Type.String() })
  return { 200: Type.Object(fields), '4xx': error, '5xx': error }
}

async function newBody(facades: FacadeContext, request: FastifyRequest, fields: FacadeFields): Promise<object> {
  const { appKey, appSecret: secret } = textFields(fields, 'appKey', 'appSecret')
  if (appKey === '' || secret === '') throw new FacadeError(platform.malformed)
  const wanted = { secret, ids: { appKey }, kinds: ['app', 'old'] }
  const { value, expiresInSeconds } = await facades.token(request, platform, wanted)
  return { accessToken: value, expireIn: expiresInSeconds }
}

async function unifiedBody(facades: FacadeContext, request: FastifyRequest, fields: FacadeFields): Promise<object> {
  const { corpId } = textFields(request.params, 'corpId')
  const {
    client_id: clientId,
    client_secret: secret,
    grant_type: grant,
  } = textFields(fields, 'client_id', 'client_secret', 'grant_type')
  if (grant !== 'client_credentials') throw new FacadeError(['unsupported.grant.type', 'unsupported grant type'])
  if (clientId === '' || secret === '') throw new FacadeError(unified.malformed)
  const wanted = { secret, ids: { corpId, clientId }, kinds: ['unified'] }
  const { value, expiresInSeconds } = await facades.token(request, unified, wanted)
  return { access_token: value, expires_in: expiresInSeconds }
}
