import { fastifyCookie } from '@fastify/cookie'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { ApiError } from '../http/api-error.js'
import { isSameOrigin } from '../auth/authenticator.js'
import { sessionCookieName, sessionLifeMs } from '../auth/session-cookie.js'
import { errorResponses } from '../http/schemas.js'
import type { ServerContext } from '../server-context.js'
import type { TypedFastify } from '../http/typebox-provider.js'

const sessionResponse = Type.Object(
  {
    name: Type.String(),
    role: Type.String({ description: 'reader, reporter or admin.' }),
    accounts: Type.Union([Type.Literal('*'), Type.Array(Type.String())]),
  },
  { description: 'Who is signed in.' },
)
const empty = Type.Null({ description: 'Done.' })

/** Signs users of the status page in with a client key. The cookie contains nothing of the key. */
export function registerSession(fastify: TypedFastify, context: ServerContext): void {
  const { clock, options } = context
  const cookie = (request: FastifyRequest, value: string, lifeMs: number): string =>
    fastifyCookie.serialize(sessionCookieName, value, {
      httpOnly: true,
      sameSite: 'strict',
      path: '/',
      secure: options.isSecure ?? request.protocol === 'https',
      maxAge: Math.floor(lifeMs / 1000),
    })

  fastify.post(
    '/session',
    {
      schema: {
        summary: 'Sign in with a client key',
        tags: ['session'],
        body: Type.Object({ key: Type.String({ minLength: 1, maxLength: 200 }) }, { additionalProperties: false }),
        response: { 204: empty, ...errorResponses },
      },
    },
    (request, reply) => {
      // Another site must not sign the visitor in with its own key.
      if (!isSameOrigin(request)) throw new ApiError('ERR_FORBIDDEN', 'the request must come from the status page')
      const caller = context.authenticateKey(request.body.key, request)
      context.access.session('signed-in', caller, request)
      const value = context.sessions.seal(caller.key, clock.now())
      return reply
        .header('set-cookie', cookie(request, value, sessionLifeMs))
        .code(204)
        .send()
    },
  )
  fastify.get(
    '/session',
    {
      schema: { summary: 'Who is signed in', tags: ['session'], response: { 200: sessionResponse, ...errorResponses } },
    },
    (request, reply) => {
      const { name, role, accounts } = context.authenticate(request).key
      return reply.send({ name, role, accounts })
    },
  )
  fastify.delete(
    '/session',
    { schema: { summary: 'Sign out', tags: ['session'], response: { 204: empty, ...errorResponses } } },
    (request, reply) => {
      const caller = context.authenticate(request)
      const { session } = caller
      context.access.session('signed-out', caller, request)
      if (session !== undefined) context.held.endSession(session.id)
      return reply
        .header('set-cookie', cookie(request, '', 0))
        .code(204)
        .send()
    },
  )
}
