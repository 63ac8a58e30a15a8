import type { FastifyInstance } from 'fastify'
import type { FacadeDesk } from './facade-desk.js'
import { qqPlatform } from './facade-platform.js'
import { FacadeRefusal } from './facade-refusal.js'
import { facadeSchemas } from './facade-schemas.js'
import { registerPlatform } from './register-platform.js'
import { textFields } from './text-fields.js'

/** `/app/getAppAccessToken`, as QQ answers it: what is left of the token's life is a string of digits. */
export function registerQqFacade(fastify: FastifyInstance, desk: FacadeDesk): void {
  registerPlatform(fastify, qqPlatform, [
    {
      method: 'POST',
      path: '/app/getAppAccessToken',
      schema: facadeSchemas.qqToken,
      otherMethod: new FacadeRefusal(qqPlatform.malformed, 'send POST with a JSON body'),
      handle: async (request, fields) => {
        const { appId, clientSecret: secret } = textFields(fields, 'appId', 'clientSecret')
        if (appId === '') throw new FacadeRefusal(qqPlatform.malformed)
        const wanted = { secret, ids: { appId }, kinds: ['app'] }
        const { value, expiresInSeconds } = await desk.token(request, qqPlatform, wanted)
        return { access_token: value, expires_in: String(expiresInSeconds) }
      },
    },
  ])
}
