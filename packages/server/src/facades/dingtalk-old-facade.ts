import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Facade, FacadeFields } from './facade.js'
import type { FacadeContext } from './facade-context.js'
import type { FacadePlatform } from './facade-platform.js'
import { FacadeError } from './facade-error.js'
import { common, keyField, okFields, response, secondsField, tokenField } from './facade-schemas.js'
import { textFields } from './text-fields.js'

const platform: FacadePlatform = {
  providerId: 'dingtalk',
  code: 'errcode',
  message: 'errmsg',
  stranger: [40096, '不合法的appKey或appSecret'],
  ambiguous: [40096, '不合法的appKey或appSecret'],
  busy: [-1, '系统繁忙'],
  tooMany: [90018, '调用过于频繁'],
  malformed: [40035, '缺少参数'],
  unknownToken: [40014, '不合法的access_token'],
  notServed: [60011, '没有调用该接口的权限'],
  renamed: {},
}

/** DingTalk's older endpoint: `/gettoken`. */
export const dingtalkOldFacade: Facade = {
  platform,
  unserved: { status: 200, isComplete: true, isApiCall: ({ path }) => /^\/(topapi|microapp)\//.test(path) },
  routes: [
    {
      method: 'GET',
      path: '/gettoken',
      schema: {
        summary: 'DingTalk: the token of an app, by the older endpoint',
        ...common,
        querystring: Type.Object({ appkey: Type.String(), appsecret: keyField }),
        response: response({ ...okFields, access_token: tokenField, expires_in: secondsField }, 'errcode', 'errmsg'),
      },
      handle: tokenBody,
    },
  ],
}

async function tokenBody(facades: FacadeContext, request: FastifyRequest, fields: FacadeFields): Promise<object> {
  const { appkey: appKey, appsecret: secret } = textFields(fields, 'appkey', 'appsecret')
  if (appKey === '' || secret === '') throw new FacadeError(platform.malformed)
  const wanted = { secret, ids: { appKey }, kinds: ['old', 'app'] }
  const { value, expiresInSeconds } = await facades.token(request, platform, wanted)
  return { errcode: 0, errmsg: 'ok', access_token: value, expires_in: expiresInSeconds }
}
