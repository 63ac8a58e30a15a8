import type { FastifyInstance } from 'fastify'
import type { ServerContext } from '../server-context.js'
import { facadeDesk } from './facade-desk.js'
import { registerQqFacade } from './qq-facade.js'
import { registerWechatFacade } from './wechat-facade.js'
import { registerWecomFacade } from './wecom-facade.js'

/** The routes that answer in the platforms' own shapes, for SDKs that know nothing of this server. */
export function registerFacades(fastify: FastifyInstance, context: ServerContext): void | Promise<void> {
  const desk = facadeDesk(context)
  registerWechatFacade(fastify, desk)
  registerWecomFacade(fastify, desk)
  registerQqFacade(fastify, desk)
  fastify.addHook('onClose', async () => {
    desk.known.close()
  })
}
