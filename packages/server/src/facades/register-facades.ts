import type { FastifyInstance } from 'fastify'
import type { ServerContext } from '../server-context.js'
import { facadeContext } from './facade-context.js'
import { facades } from './facades.js'
import { registerFacade } from './register-facade.js'

/** Registers routes in the formats of the platforms, for SDKs that know nothing about this server. */
export function registerFacades(fastify: FastifyInstance, context: ServerContext): void | Promise<void> {
  const shared = facadeContext(context)
  for (const facade of facades) registerFacade(fastify, facade, shared)
  fastify.addHook('onClose', async () => {
    shared.known.close()
  })
}
