import { ConfigError } from '../errors.js'
import { isBoundToRequests, isOtherRequest, otherRequestHint } from '../http/other-request.js'
import { markUnreplaced } from '../record/mark-rejected.js'
import type { AccountContext } from '../state/account-context.js'
import { beginRefresh, endRefresh } from '../state/account-state.js'
import type { RefreshOutcome, RunningRefresh } from '../state/running-refresh.js'
import { abortable } from '../time/abortable.js'
import { isAwaited, type Demand } from './demand.js'
import { refresh } from './refresh.js'

/**
 * Joins the account's refresh that is under way in this process, or starts one. A forced refresh only joins another
 * forced one, and the adoption of a token joins none.
 */
export function joinRefresh<C>(context: AccountContext<C>, demand: Demand): RunningRefresh {
  const { state } = context
  const { refresh: known } = state.unsettled
  const isAdoption = demand.outside !== undefined
  const isForced = demand.reason === 'requested' && !isAdoption
  if (known !== undefined && !isAdoption && (!isForced || known.isForced)) {
    if (context.isNested) known.turn.admit()
    else if (isAwaited(demand)) known.turn.hurry()
    return known
  }
  const turn = context.turnFor(isAwaited(demand))
  // A refresh whose request has ended is never over, and would keep its turn forever.
  if (isBoundToRequests()) turn.admit()
  const promise = context.closing
    .during(() => refresh(context, demand, turn))
    .catch(async (error: unknown): Promise<never> => {
      await markUnreplaced(context)
      throw error
    })
  // A problem of an adopted token only concerns the caller that gave it: other callers who joined start again.
  const running: RunningRefresh = { promise, isForced, isAhead: demand.reason === 'ahead' || isAdoption, turn }
  // Other callers must not wait for a refresh that may not ask upstream.
  if (context.isReadonly) return running
  beginRefresh(state, running)
  const end = (): void => {
    endRefresh(state, running)
    context.running.delete(promise)
  }
  context.running.add(promise)
  promise.then(end, end)
  return running
}

/** Grace period beyond the limit of a refresh, in milliseconds. */
const graceMs = 1000

/**
 * Waits for a refresh. In a runtime where I/O ends with the request that started it, the refresh may belong to another
 * request that has ended. Such a refresh is dropped, so that the next call starts its own.
 *
 * @throws ConfigError that says where the manager belongs
 */
export async function outcomeOf<C>(
  { spec, state, clock, timeoutMs }: AccountContext<C>,
  running: RunningRefresh,
  signal: AbortSignal | undefined,
): Promise<RefreshOutcome> {
  if (!isBoundToRequests()) return abortable(running.promise, signal)
  const forget = (): ConfigError => {
    endRefresh(state, running)
    return new ConfigError(
      `${spec.id}: the refresh belongs to another request, which has ended`,
      { field: 'TokenManager', problem: 'conflict' },
      { hint: otherRequestHint },
    )
  }
  return new Promise((resolve, reject) => {
    // Without its own timer, this request would wait forever: the timers of the refresh ended with the other request.
    const limit = clock.setTimer(() => {
      reject(forget())
    }, timeoutMs + graceMs)
    abortable(running.promise, signal)
      .then(resolve, (error: unknown) => {
        reject(isOtherRequest(error) ? forget() : (error as Error))
      })
      .finally(() => {
        limit.cancel()
      })
  })
}
