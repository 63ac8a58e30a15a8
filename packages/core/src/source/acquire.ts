import { TransportError } from '../errors.js'
import { assertReachable } from '../refresh/assert-reachable.js'
import { joinRefresh, outcomeOf } from '../refresh/join-refresh.js'
import { isQueueFull } from '../refresh/queue-full.js'
import { lookOnce, serveBesideForced, serveFromMemory, serveStale } from '../refresh/serve-from-memory.js'
import type { AccountContext } from '../state/account-context.js'
import { isRejected } from '../state/account-state.js'
import { freshnessOf } from '../state/freshness.js'
import { isClosedError, type Closing } from '../time/closing.js'
import type { StoredRecord } from '../token-record.js'
import type { GetTokenOptions } from '../token-source.js'

/** The account that a token is acquired for. */
export interface Acquirable<C> {
  readonly closing: Closing
  /** The context, once the secrets are known. */
  resolve(signal?: AbortSignal): Promise<AccountContext<C>>
  /** The context with other secrets after an error that says that these are wrong; `undefined` if there are none. */
  withOtherSecret(
    context: AccountContext<C>,
    error: unknown,
    signal: AbortSignal | undefined,
  ): Promise<AccountContext<C> | undefined>
}

/** Number of refreshes that one caller waits for before its call fails. */
const mostRefreshes = 4

/** Returns a usable record from memory, from the cache, or from upstream. @param isBackground whether no caller waits for it */
export async function acquire<C>(
  account: Acquirable<C>,
  { signal, minLifeMs = 0 }: GetTokenOptions = {},
  isBackground = false,
): Promise<StoredRecord> {
  let context = await account.resolve(signal)
  for (let refreshes = 0; ; refreshes += 1) {
    const ready =
      (await serveFromMemory(context, minLifeMs, signal)) ?? (await serveBesideForced(context, minLifeMs, signal))
    if (ready !== undefined) return ready
    if (refreshes >= mostRefreshes) throw expiredUnused(context)
    assertReachable(context, minLifeMs)
    const reason = isRejected(context.state) ? 'rejected' : 'cold'
    const running = joinRefresh(context, { reason, minLifeMs, isBackground })
    try {
      // The top of the loop judges the result: a joined refresh may have been started for a lesser demand.
      await outcomeOf(context, running, signal)
    } catch (error) {
      if (signal?.aborted === true || account.closing.reason !== undefined) throw error
      // Another manager ran the refresh and was closed, or it was a refresh ahead. This manager is open, and a caller
      // waits. But a refresh ahead only misses its turn if a caller waits for it, so that failure is the caller's.
      const isForeign = isClosedError(error) || (running.isAhead && !isQueueFull(error))
      if (isForeign && refreshes < mostRefreshes) continue
      const stale = await serveStale(context, minLifeMs, error, signal)
      if (stale !== undefined) return stale
      const renewed = await account.withOtherSecret(context, error, signal)
      if (renewed === undefined) throw error
      context = renewed
    }
  }
}

/** The error of a caller whose last refresh brought no token with enough life left to be used, either. */
function expiredUnused<C>({ spec }: AccountContext<C>): TransportError {
  return new TransportError(`${spec.id}: the platform's tokens expire before they can be used`, {
    provider: spec.id,
    phase: 'exchange',
  })
}

/**
 * One turn of the background refresh: a refresh ahead while a token is alive, otherwise everything that a caller
 * would start.
 */
export async function renew<C>(account: Acquirable<C>): Promise<void> {
  const context = await account.resolve()
  if (context.isReadonly) await lookOnce(context)
  else if (freshnessOf(context, 0) === 'refresh-due')
    await joinRefresh(context, { reason: 'ahead', minLifeMs: 0 }).promise
  else await acquire(account, {}, true)
}
