import { deadlineOf, expiryOf, refreshAtOf } from './local-times.js'
import type { AccountContext } from './account-context.js'
import { isRejected, warm } from './account-state.js'
import type { ResolvedRenewal } from '../provider.js'
import { hasCome, msSince, timeLeftMs } from '../time/moment.js'
import { renewalModes } from '../provider/renewal-mode.js'

/**
 * How usable the record in memory is, judged without I/O. The names are those of RFC 9111 and RFC 5861.
 *
 * - `fresh`: serve it
 * - `refresh-due`: serve it, and refresh ahead in the background
 * - `revalidate`: serve it, and look at the cache in the background
 * - `must-revalidate`: look at the cache first; the token may have been replaced since the last look, or by the pending
 *   upstream request, and may have expired
 * - `unusable`: memory holds no usable record
 */
export type Freshness = 'fresh' | 'refresh-due' | 'revalidate' | 'must-revalidate' | 'unusable'

/** Judges the record in memory by both clocks. Opens the hot path if the record is fresh. */
export function freshnessOf<C>(context: AccountContext<C>, minLifeMs: number): Freshness {
  const { state, clock, spec, source } = context
  const { times } = state
  if (times === undefined || isRejected(state) || hasCome(deadlineOf(times), clock)) return 'unusable'
  if (timeLeftMs(expiryOf(times), clock) < minLifeMs) return 'unusable'
  const { memorySeconds, mode } = spec.renewal
  const memoryMs = isShared(context) ? memorySeconds * 1000 : Infinity
  if (mayBeReplaced(context)) return 'must-revalidate'
  if (hasCome(refreshAtOf(times), clock)) return 'refresh-due'
  if (msSince(times.seen, clock) >= memoryMs) return 'revalidate'
  // A request under way may replace the token, and end it. A parent is only called when its derived token is refreshed.
  if (!context.isNested && (!renewalModes[mode].endsOld || state.unsettled.asking.length === 0))
    warm(state, source, clock, Math.min(memoryMs, sureAfterLookMs(context)))
  return 'fresh'
}

/** Whether the token in memory may have been replaced, and its overlap be over, since the cache was last looked at. */
export function mayBeReplaced<C>(context: AccountContext<C>): boolean {
  const { times } = context.state
  const isUnseen = times !== undefined && msSince(times.seen, context.clock) >= sureAfterLookMs(context)
  return isUnseen || isAnswerOverdue(context)
}

/**
 * Whether a pending upstream request began so long ago that it may have replaced the token in memory, whose overlap
 * may be over: the process was stopped before it read the response.
 */
export function isAnswerOverdue<C>({ state, clock, spec: { renewal } }: AccountContext<C>): boolean {
  const [earliest] = state.unsettled.asking
  return (
    renewalModes[renewal.mode].endsOld && earliest !== undefined && msSince(earliest.since, clock) >= overlapMs(renewal)
  )
}

/** For how long after a look at the cache the token in memory surely works, even if another process replaces it. */
function sureAfterLookMs<C>(context: AccountContext<C>): number {
  const { renewal } = context.spec
  return renewalModes[renewal.mode].endsOld && isShared(context) ? overlapMs(renewal) : Infinity
}

function isShared<C>({ gate }: AccountContext<C>): boolean {
  return (gate.cache.reach ?? 'process') !== 'process'
}

/** How long a replaced token certainly still works. */
function overlapMs({ overlapSeconds, marginSeconds }: ResolvedRenewal): number {
  return (overlapSeconds - marginSeconds) * 1000
}
