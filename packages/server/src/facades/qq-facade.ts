import type { FastifyInstance } from 'fastify'
import type { FacadeContext } from './facade-context.js'
import { qqPlatform } from './facade-platform.js'
import { FacadeError } from './facade-error.js'
import { facadeSchemas } from './facade-schemas.js'
import { registerPlatform } from './register-platform.js'
import { textFields } from './text-fields.js'

/** Serves `/app/getAppAccessToken`. As at QQ, the remaining lifetime is a string of digits. */
export function registerQqFacade(fastify: FastifyInstance, facades: FacadeContext): void {
  registerPlatform(fastify, qqPlatform, [
    {
      method: 'POST',
      path: '/app/getAppAccessToken',
      schema: facadeSchemas.qqToken,
      otherMethod: new FacadeError(qqPlatform.malformed, 'send POST with a JSON body'),
      handle: async (request, fields) => {
        const { appId, clientSecret: secret } = textFields(fields, 'appId', 'clientSecret')
        if (appId === '') throw new FacadeError(qqPlatform.malformed)
        const wanted = { secret, ids: { appId }, kinds: ['app'] }
        const { value, expiresInSeconds } = await facades.token(request, qqPlatform, wanted)
        return { access_token: value, expires_in: String(expiresInSeconds) }
      },
    },
  ])
}
