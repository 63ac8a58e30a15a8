import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Facade, FacadeFields } from './facade.js'
import type { FacadeContext } from './facade-context.js'
import type { FacadePlatform } from './facade-platform.js'
import { FacadeError } from './facade-error.js'
import { common, keyField, response, tokenField } from './facade-schemas.js'
import { textFields } from './text-fields.js'

const platform: FacadePlatform = {
  providerId: 'qq-bot',
  code: 'code',
  message: 'message',
  // Without this field botgo reports a parse error and hides the code.
  errorExtras: { expires_in: '0' },
  stranger: [100016, 'invalid appid or secret'],
  ambiguous: [100007, 'appid invalid'],
  busy: [100002, 'internal err'],
  tooMany: [100001, 'Too many requests'],
  malformed: [100007, 'appid invalid'],
  unknownToken: [11243, 'token check not passed'],
  notServed: [11253, 'no privilege'],
  renamed: {},
}

/** Paths of QQ's API, in addition to calls with its header. */
const apiPaths = /^\/(app|v2|users|guilds|channels|dms|gateway|interactions)(\/|$)/

/** QQ bots: `/app/getAppAccessToken`. As at QQ, the remaining lifetime is a string of digits. */
export const qqFacade: Facade = {
  platform,
  unserved: {
    status: 404,
    isApiCall: ({ path, authorization }) => apiPaths.test(path) || /^QQBot /i.test(authorization),
  },
  routes: [
    {
      method: 'POST',
      path: '/app/getAppAccessToken',
      schema: {
        summary: 'QQ: the token of a bot',
        ...common,
        body: Type.Object({ appId: Type.String(), clientSecret: keyField }),
        response: response(
          {
            access_token: tokenField,
            expires_in: Type.String({ description: 'Remaining lifetime in seconds, as digits.' }),
          },
          'code',
          'message',
        ),
      },
      otherMethod: new FacadeError(platform.malformed, 'send POST with a JSON body'),
      handle: tokenBody,
    },
  ],
}

async function tokenBody(facades: FacadeContext, request: FastifyRequest, fields: FacadeFields): Promise<object> {
  const { appId, clientSecret: secret } = textFields(fields, 'appId', 'clientSecret')
  if (appId === '') throw new FacadeError(platform.malformed)
  const wanted = { secret, ids: { appId }, kinds: ['app'] }
  const { value, expiresInSeconds } = await facades.token(request, platform, wanted)
  return { access_token: value, expires_in: String(expiresInSeconds) }
}
