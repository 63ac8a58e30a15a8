import { Type } from 'typebox'
import { callerIn } from '../auth/require-caller.js'
import { isApiError, noSuchAccount } from '../http/api-error.js'
import { accountParams, errorResponses, ref } from '../http/schemas.js'
import type { AccountStatus } from '../accounts/account-status.js'
import type { ServerContext } from '../server-context.js'
import type { StatusWatcher } from '../accounts/status-watcher.js'
import type { TypedFastify } from '../http/typebox-provider.js'

const longestWaitSeconds = 60

/** Long polling, for clients that cannot use an event stream. */
export function registerChanges(fastify: TypedFastify, context: ServerContext, watcher: StatusWatcher): void {
  fastify.get(
    '/v1/accounts/:account/changes',
    {
      exposeHeadRoute: false,
      schema: {
        summary: 'Waits until the account has another generation than the given one; 204 if it does not change',
        tags: ['events'],
        params: accountParams,
        querystring: Type.Object({
          generation: Type.Integer({ minimum: 0, description: 'The generation of the client; 0 for none.' }),
          wait: Type.Optional(
            Type.Integer({ minimum: 0, maximum: longestWaitSeconds, default: 25, description: 'Seconds.' }),
          ),
        }),
        response: { 200: ref('AccountStatus'), 204: Type.Null({ description: 'Nothing changed.' }), ...errorResponses },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request)
      const account = context.accountFor(caller, request.params.account)
      const { generation, wait = 25 } = request.query
      const isChanged = (status: AccountStatus): boolean =>
        status.generation !== undefined && status.generation !== generation
      const now = watcher.look(account)
      if (isChanged(now)) return reply.send(now)
      const ending = new AbortController()
      const release = context.held.hold(caller, (error) => {
        ending.abort(error)
      })
      // The response closes; its socket may stay open for the next request.
      reply.raw.once('close', () => {
        ending.abort()
      })
      const waiting = nextStatus(context, watcher, {
        name: account.name,
        isWanted: isChanged,
        waitMs: wait * 1000,
        ending: ending.signal,
      })
      const status = await waiting.finally(release)
      if (isApiError(ending.signal.reason)) throw ending.signal.reason
      if (context.accounts.get(account.name) === undefined) throw noSuchAccount()
      return status === undefined ? reply.code(204).send() : reply.send(status)
    },
  )
}

interface Wait {
  /** Of the account. */
  readonly name: string
  readonly isWanted: (status: AccountStatus) => boolean
  readonly waitMs: number
  readonly ending: AbortSignal
}

async function nextStatus(
  { clock }: ServerContext,
  watcher: StatusWatcher,
  { name, isWanted, waitMs, ending }: Wait,
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
    const stop = watcher.watch([name], (status) => {
      if (isWanted(status)) finish(status)
    })
    const timer = clock.setTimer(giveUp, waitMs)
    ending.addEventListener('abort', giveUp, { once: true })
  })
}
