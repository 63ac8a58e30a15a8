import type { FastifyInstance } from 'fastify'
import type { FacadeDesk } from './facade-desk.js'
import { qqPlatform } from './facade-platform.js'
import { FacadeRefusal } from './facade-refusal.js'
import { facadeSchemas } from './facade-schemas.js'
import { registerPlatform } from './register-platform.js'
import { textFields } from './text-fields.js'

/** `/app/getAppAccessToken`, as QQ answers it: what is left of the token's life is a string of digits. */
export function registerQqFacade(fastify: FastifyInstance, desk: FacadeDesk): void {
  registerPlatform(fastify, qqPlatform, (scope) => {
    scope.post('/app/getAppAccessToken', { schema: facadeSchemas.qqToken }, async (request) => {
      const { appId, clientSecret: secret } = textFields(request.body, 'appId', 'clientSecret')
      if (appId === '') throw new FacadeRefusal(qqPlatform.malformed)
      const { value, expiresInSeconds } = await desk.token(request, qqPlatform, {
        secret,
        ids: { appId },
        kinds: ['app'],
      })
      return { access_token: value, expires_in: String(expiresInSeconds) }
    })
  })
}
