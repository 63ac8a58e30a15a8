import { Type } from 'typebox'
import type { ServerContext } from '../server-context.js'
import type { TypedFastify } from '../http/typebox-provider.js'
import { withDeadline } from '../store/with-deadline.js'

const readiness = Type.Object({
  status: Type.String({ description: 'ready, degraded, unready or draining.' }),
  cache: Type.String({ description: 'up or down.' }),
  accounts: Type.Object({ total: Type.Integer(), usable: Type.Integer(), failing: Type.Integer() }),
})

const cacheMs = 1000

/** Probes for load balancers and orchestrators. They need no key, because they contain numbers and no names. */
export function registerHealth(fastify: TypedFastify, context: ServerContext): void {
  const { accounts, cache, clock, draining } = context
  const isCacheUp = (): Promise<boolean> =>
    withDeadline(
      clock,
      cacheMs,
      Promise.resolve().then(() => cache.get('lingpai:ready:1')),
    ).then(
      () => true,
      () => false,
    )

  fastify.get(
    '/healthz',
    {
      schema: {
        summary: 'The process is up',
        tags: ['probes'],
        security: [],
        response: { 200: Type.Object({ status: Type.Literal('up') }) },
      },
    },
    (_, reply) => reply.send({ status: 'up' }),
  )
  fastify.get(
    '/readyz',
    {
      schema: {
        summary: 'The server can hand out tokens',
        tags: ['probes'],
        security: [],
        response: { 200: readiness, 503: readiness },
      },
    },
    async (_, reply) => {
      const isUp = await isCacheUp()
      const states = accounts.all().map(({ source }) => source.status().state)
      const usable = states.filter((state) => state === 'valid' || state === 'expiring').length
      const failing = states.filter((state) => state === 'failing' || state === 'expired').length
      // One account with a wrong secret must not make the server unavailable for the others.
      const isReady = states.length === 0 || usable > 0 || (isUp && failing < states.length)
      const word = isReady ? (isUp && failing === 0 ? 'ready' : 'degraded') : 'unready'
      const status = draining.aborted ? 'draining' : word
      return reply
        .code(isReady && !draining.aborted ? 200 : 503)
        .send({ status, cache: isUp ? 'up' : 'down', accounts: { total: states.length, usable, failing } })
    },
  )
}
