import { ConfigError } from '../errors.js'
import { isOtherRequest, otherRequestHint } from '../http/other-request.js'
import { markUnreplaced } from '../record/mark-rejected.js'
import type { AccountContext } from '../state/account-context.js'
import { beginRefresh, endRefresh, type RefreshOutcome, type RunningRefresh } from '../state/account-state.js'
import { abortable } from '../time/abortable.js'
import type { Demand } from './demand.js'
import { refresh } from './refresh.js'

/**
 * The refresh of an account: the one under way in this process, or a new one. A forced refresh joins only a forced one, and the
 * adoption of a token from outside joins none.
 */
export function joinRefresh<C>(context: AccountContext<C>, demand: Demand): RunningRefresh {
  const { state } = context
  const isAdoption = demand.outside !== undefined
  const isForced = demand.reason === 'requested' && !isAdoption
  if (state.refresh !== undefined && !isAdoption && (!isForced || state.refresh.isForced)) return state.refresh
  const promise = refresh(context, demand).catch(async (error: unknown): Promise<never> => {
    await markUnreplaced(context)
    throw error
  })
  // What is wrong with a token from outside concerns only the caller that gave it: others who joined begin again.
  const running: RunningRefresh = { promise, isForced, isAhead: demand.reason === 'ahead' || isAdoption }
  // A refresh that may not ask must not be the one that others wait for.
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

/** A refresh is given this much longer than its own bound, milliseconds. */
const graceMs = 1000

/**
 * Waits for a refresh that may belong to another request of a runtime where I/O ends with its request. Such a refresh is
 * forgotten, so that the next call starts one of its own.
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
    // Without a timer of its own, the request would wait for ever: the refresh's timers ended with the other request.
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

function isBoundToRequests(): boolean {
  return (globalThis as { navigator?: { readonly userAgent?: string } }).navigator?.userAgent === 'Cloudflare-Workers'
}
