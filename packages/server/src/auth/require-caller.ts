import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller } from './caller.js'
import type { ServerContext } from '../server-context.js'

const property = 'lingpaiCaller'

/** Requires authentication for all routes of this instance. */
export function requireCaller(fastify: FastifyInstance, context: ServerContext): void {
  fastify.decorateRequest(property, null)
  fastify.addHook('onRequest', (request, _reply, done) => {
    ;(request as unknown as Record<string, unknown>)[property] = context.authenticate(request)
    done()
  })
}

/** Returns the caller of a request to a route below {@link requireCaller}. */
export function callerIn(request: FastifyRequest): Caller {
  return (request as unknown as Record<string, unknown>)[property] as Caller
}
