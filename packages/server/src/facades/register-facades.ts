import type { FastifyInstance } from 'fastify'
import type { ServerContext } from '../server-context.js'
import { facadeContext } from './facade-context.js'
import { registerQqFacade } from './qq-facade.js'
import { registerWechatFacade } from './wechat-facade.js'
import { registerWecomFacade } from './wecom-facade.js'

/** Registers routes in the formats of the platforms, for SDKs that know nothing about this server. */
export function registerFacades(fastify: FastifyInstance, context: ServerContext): void | Promise<void> {
  const facades = facadeContext(context)
  registerWechatFacade(fastify, facades)
  registerWecomFacade(fastify, facades)
  registerQqFacade(fastify, facades)
  fastify.addHook('onClose', async () => {
    facades.known.close()
  })
}
