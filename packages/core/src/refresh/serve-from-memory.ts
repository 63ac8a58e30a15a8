import { expiryOf } from '../state/local-times.js'
import { isLingpaiError } from '../errors.js'
import { deferWriteIfAlive } from '../record/deferred-write.js'
import { lookAtCache } from '../record/read-record.js'
import type { AccountContext } from '../state/account-context.js'
import { isRejected, noteLook } from '../state/account-state.js'
import { freshnessOf, isAnswerOverdue, mayBeReplaced } from '../state/freshness.js'
import { abortable } from '../time/abortable.js'
import { msSince, timeLeftMs } from '../time/moment.js'
import type { StoredRecord } from '../token-record.js'
import { isCoolingDown } from './cool-down.js'
import { joinRefresh } from './join-refresh.js'

/** Callers look at the cache at most this often outside of a refresh. */
const betweenLooksMs = 1000

/**
 * Returns the record that memory can serve now, if any. Starts the look at the cache or the refresh ahead that it needs
 * in the background.
 */
export async function serveFromMemory<C>(
  context: AccountContext<C>,
  minLifeMs: number,
  signal: AbortSignal | undefined,
): Promise<StoredRecord | undefined> {
  let freshness = freshnessOf(context, minLifeMs)
  if (freshness === 'must-revalidate') {
    await abortable(revalidate(context), signal)
    freshness = freshnessOf(context, minLifeMs)
    // The store does not answer: what memory holds is the best there is.
    if (freshness === 'must-revalidate') freshness = 'revalidate'
  }
  if (freshness === 'refresh-due') refreshAhead(context)
  if (freshness === 'revalidate') void lookOnce(context)
  if (freshness !== 'unusable') return context.state.record
  // Upstream may not be asked now, so the last moments of a living token are all there is.
  return isCoolingDown(context) && isAlive(context, minLifeMs) ? context.state.record : undefined
}

/** The record that the cache has while a forced refresh wants a newer one. No other caller has to wait for that. */
export async function serveBesideForced<C>(
  context: AccountContext<C>,
  minLifeMs: number,
  signal: AbortSignal | undefined,
): Promise<StoredRecord | undefined> {
  if (context.state.unsettled.refresh?.isForced !== true) return undefined
  await abortable(lookOnce(context), signal)
  return serveFromMemory(context, minLifeMs, signal)
}

/**
 * The old token, if it is alive although it could not be refreshed. A process that was stopped while it waited looks at the cache
 * first: another may have replaced the token since.
 */
export async function serveStale<C>(
  context: AccountContext<C>,
  minLifeMs: number,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<StoredRecord | undefined> {
  if (!isLingpaiError(error)) return undefined
  const { record: old } = context.state
  if (old !== undefined && mayBeReplaced(context)) await abortable(revalidate(context), signal)
  const { record } = context.state
  if (record === undefined || !isAlive(context, minLifeMs)) return undefined
  if (record === old)
    context.emit('served-stale', { generation: record.generation, expiresAtMs: record.expiresAtMs, error })
  return record
}

/** One look at the cache for all callers that want one, at most once a second. */
export async function lookOnce<C>(context: AccountContext<C>): Promise<void> {
  const { state, clock } = context
  if (state.look !== undefined && msSince(state.look.beganAt, clock) < betweenLooksMs) return state.look.over
  noteLook(state, clock, async () => {
    const look = await lookAtCache(context)
    // The generation of a record that others wrote since is not lower.
    const isLost =
      look.kind === 'missing' || (look.kind === 'found' && look.record.generation < (state.record?.generation ?? 0))
    if (isLost) deferWriteIfAlive(context)
  })
  await state.look?.over
}

/** The store cannot know what this process has asked upstream for, so that is waited for first. */
async function revalidate<C>(context: AccountContext<C>): Promise<void> {
  while (isAnswerOverdue(context)) await context.state.unsettled.asking[0]?.over
  if (mayBeReplaced(context)) await lookOnce(context)
}

/** Refreshes ahead without any caller waiting; a failure is an event. */
function refreshAhead<C>(context: AccountContext<C>): void {
  if (context.state.unsettled.refresh !== undefined || isCoolingDown(context)) return
  if (context.isReadonly) void lookOnce(context)
  else joinRefresh(context, { reason: 'ahead', minLifeMs: 0 }).promise.catch(() => undefined)
}

/** Whether the record in memory is alive, its safety margin included. */
function isAlive<C>({ state, clock }: AccountContext<C>, minLifeMs: number): boolean {
  return state.times !== undefined && !isRejected(state) && timeLeftMs(expiryOf(state.times), clock) > minLifeMs
}
