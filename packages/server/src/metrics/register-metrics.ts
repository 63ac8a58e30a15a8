import type { FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { ApiError } from '../http/api-error.js'
import type { ServerContext } from '../server-context.js'
import { countEvents } from './count-events.js'
import { defineMetrics } from './metric-definitions.js'
import { readGauges } from './read-gauges.js'

/** Serves `/metrics` in the text format of Prometheus: to a key of any role with all accounts, or to every client if public. */
export function registerMetrics(fastify: FastifyInstance, context: ServerContext): void {
  const registry = new Registry()
  const metrics = defineMetrics(registry)
  const stop = countEvents(metrics, context)
  fastify.addHook('onClose', (_, done) => {
    stop()
    done()
  })
  const isPublic = context.options.metrics === 'public'
  fastify.get(
    '/metrics',
    {
      schema: {
        summary: 'Metrics for Prometheus',
        tags: ['probes'],
        ...(isPublic && { security: [] }),
        response: { 200: { description: 'Metrics', content: { 'text/plain': { schema: { type: 'string' } } } } },
      },
    },
    async (request, reply) => {
      if (!isPublic && context.authenticate(request).key.accounts !== '*')
        throw new ApiError('ERR_FORBIDDEN', 'metrics require a key with all accounts', {
          hint: {
            en: 'Create a key for the scraper: lingpai key create --role reader --accounts "*"',
            zh: '请为采集器创建密钥：lingpai key create --role reader --accounts "*"',
          },
        })
      await readGauges(metrics, context)
      return reply.type(registry.contentType).send(await registry.metrics())
    },
  )
}
