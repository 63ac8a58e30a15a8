import type { AccountContext } from './account-context.js'
import { isRejected, warm } from './account-state.js'
import type { ResolvedRenewal } from '../provider.js'
import { hasCome, msSince, timeLeftMs } from '../time/moment.js'

/**
 * What memory can do for a caller, without any I/O.
 *
 * - `fresh`: serve it
 * - `refresh-due`: serve it, and refresh ahead in the background
 * - `revalidate`: serve it, and look at the cache in the background
 * - `must-revalidate`: since the cache was last seen, or by the upstream request under way, it may have been replaced and have died;
 *   look first
 * - `unusable`: there is none
 */
export type Freshness = 'fresh' | 'refresh-due' | 'revalidate' | 'must-revalidate' | 'unusable'

/** Judges the record in memory by both clocks, and keeps the hot path open where possible. */
export function freshnessOf<C>(context: AccountContext<C>, minLifeMs: number): Freshness {
  const { state, clock, gate, spec } = context
  const { times } = state
  if (times === undefined || isRejected(state) || hasCome(times.deadline, clock)) return 'unusable'
  if (timeLeftMs(times.expiry, clock) < minLifeMs) return 'unusable'
  const { memorySeconds, mode } = spec.renewal
  const isShared = (gate.cache.reach ?? 'process') !== 'process'
  const memoryMs = isShared ? memorySeconds * 1000 : Infinity
  const unseenMs = msSince(times.seen, clock)
  if (mode === 'rotate' && isShared && unseenMs >= overlapMs(spec.renewal)) return 'must-revalidate'
  if (isAnswerOverdue(context)) return 'must-revalidate'
  if (hasCome(times.refreshAt, clock)) return 'refresh-due'
  if (unseenMs >= memoryMs) return 'revalidate'
  warm(state, clock, memoryMs)
  return 'fresh'
}

/**
 * Whether upstream was asked here so long ago that the token in memory may have been replaced and died meanwhile: the process
 * was stopped before it took the answer in.
 */
export function isAnswerOverdue<C>({ state: { asking }, clock, spec: { renewal } }: AccountContext<C>): boolean {
  return renewal.mode === 'rotate' && asking !== undefined && msSince(asking.since, clock) >= overlapMs(renewal)
}

/** How long a replaced token works on for certain. */
function overlapMs({ overlapSeconds, marginSeconds }: ResolvedRenewal): number {
  return (overlapSeconds - marginSeconds) * 1000
}
