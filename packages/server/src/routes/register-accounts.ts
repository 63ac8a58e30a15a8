import { Type } from 'typebox'
import { callerIn } from '../auth/require-caller.js'
import { accountParams, errorResponses, ref } from '../http/schemas.js'
import type { ServerContext } from '../server-context.js'
import type { TypedFastify } from '../http/typebox-provider.js'

/** Serves the list, status and timeline of accounts. */
export function registerAccounts(fastify: TypedFastify, context: ServerContext): void {
  fastify.get(
    '/v1/accounts',
    {
      schema: {
        summary: 'The accounts of this key',
        tags: ['accounts'],
        response: { 200: Type.Object({ accounts: Type.Array(ref('AccountStatus')) }), ...errorResponses },
      },
    },
    (request, reply) => {
      const caller = callerIn(request)
      const accounts = context.accounts.all().filter(({ name }) => caller.mayRead(name))
      return reply.send({ accounts: accounts.map((account) => context.statusOf(account)) })
    },
  )
  fastify.get(
    '/v1/accounts/:account',
    {
      schema: {
        summary: 'Status of an account',
        tags: ['accounts'],
        params: accountParams,
        response: { 200: ref('AccountStatus'), ...errorResponses },
      },
    },
    (request, reply) => reply.send(context.statusOf(context.accountFor(callerIn(request), request.params.account))),
  )
  fastify.get(
    '/v1/accounts/:account/timeline',
    {
      schema: {
        summary: 'The last 200 events of an account, newest first',
        tags: ['accounts'],
        params: accountParams,
        response: { 200: Type.Object({ events: Type.Array(ref('TimelineEvent')) }), ...errorResponses },
      },
    },
    async (request, reply) => {
      const account = context.accountFor(callerIn(request), request.params.account)
      return reply.send({ events: await context.timeline.read(account) })
    },
  )
}
