import { Type } from 'typebox'
import { callerIn } from '../callers.js'
import { isApiError, noSuchAccount } from '../api-error.js'
import { accountParams, errorAnswers, ref } from '../schemas.js'
import type { AccountStatus } from '../account-status.js'
import type { ServerContext } from '../server-context.js'
import type { StatusBoard } from '../status-board.js'
import type { TypedFastify } from '../typebox-provider.js'

const longestWaitSeconds = 60

/** Long polling, for clients that cannot keep a stream. */
export function registerChanges(fastify: TypedFastify, context: ServerContext, board: StatusBoard): void {
  fastify.get(
    '/v1/accounts/:account/changes',
    {
      exposeHeadRoute: false,
      schema: {
        summary: 'Answers once the account has another generation than the given one; 204 when it stays',
        tags: ['events'],
        params: accountParams,
        querystring: Type.Object({
          generation: Type.Integer({ minimum: 0, description: 'The one you have; 0 for none.' }),
          wait: Type.Optional(
            Type.Integer({ minimum: 0, maximum: longestWaitSeconds, default: 25, description: 'Seconds.' }),
          ),
        }),
        response: { 200: ref('AccountStatus'), 204: Type.Null({ description: 'Nothing changed.' }), ...errorAnswers },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request)
      const account = context.accountFor(caller, request.params.account)
      const { generation, wait = 25 } = request.query
      const isNews = (status: AccountStatus): boolean =>
        status.name === account.name && status.generation !== undefined && status.generation !== generation
      const now = context.statusOf(account)
      if (isNews(now)) return reply.send(now)
      const ending = new AbortController()
      const release = context.held.hold(caller, (refusal) => {
        ending.abort(refusal)
      })
      // Of the reply, not of the socket, which is there for the next request, too.
      reply.raw.once('close', () => {
        ending.abort()
      })
      const status = await nextStatus(context, board, isNews, { waitMs: wait * 1000, ending: ending.signal })
      release()
      if (isApiError(ending.signal.reason)) throw ending.signal.reason
      if (context.accounts.get(account.name) === undefined) throw noSuchAccount()
      return status === undefined ? reply.code(204).send() : reply.send(status)
    },
  )
}

async function nextStatus(
  { clock }: ServerContext,
  board: StatusBoard,
  isWanted: (status: AccountStatus) => boolean,
  { waitMs, ending }: { readonly waitMs: number; readonly ending: AbortSignal },
): Promise<AccountStatus | undefined> {
  return new Promise((resolve) => {
    const finish = (status?: AccountStatus): void => {
      stop()
      timer.cancel()
      ending.removeEventListener('abort', giveUp)
      resolve(status)
    }
    const giveUp = (): void => {
      finish()
    }
    const stop = board.watch((status) => {
      if (isWanted(status)) finish(status)
    })
    const timer = clock.setTimer(giveUp, waitMs)
    ending.addEventListener('abort', giveUp, { once: true })
  })
}
