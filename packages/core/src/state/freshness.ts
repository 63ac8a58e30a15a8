import type { AccountContext } from './account-context.js'
import { isRejected, warm } from './account-state.js'
import type { ResolvedRenewal } from '../provider.js'
import { hasCome, msSince, timeLeftMs } from '../time/moment.js'

/**
 * What memory can do for a caller, found without any I/O.
 *
 * - `fresh`: serve it
 * - `due`: serve it, and refresh ahead in the background
 * - `unseen`: serve it, and look at the cache in the background
 * - `unsure`: it may have been replaced and died since the cache was last seen, or by what upstream is being asked for here;
 *   look first
 * - `unusable`: there is none
 */
export type Readiness = 'fresh' | 'due' | 'unseen' | 'unsure' | 'unusable'

/** Judges the record in memory by both clocks, and keeps the hot path open where it can. */
export function readiness<C>(context: AccountContext<C>, minLifeMs: number): Readiness {
  const { cell, clock, gate, spec } = context
  const { times } = cell
  if (times === undefined || isRejected(cell) || hasCome(times.deadline, clock)) return 'unusable'
  if (timeLeftMs(times.expiry, clock) < minLifeMs) return 'unusable'
  const { memorySeconds, mode } = spec.renewal
  const isShared = (gate.cache.reach ?? 'process') !== 'process'
  const memoryMs = isShared ? memorySeconds * 1000 : Infinity
  const unseenMs = msSince(times.seen, clock)
  if (mode === 'rotate' && isShared && unseenMs >= overlapMs(spec.renewal)) return 'unsure'
  if (isAnswerOverdue(context)) return 'unsure'
  if (hasCome(times.soft, clock)) return 'due'
  if (unseenMs >= memoryMs) return 'unseen'
  warm(cell, clock, memoryMs)
  return 'fresh'
}

/**
 * Whether upstream was asked here so long ago that the token in memory may have been replaced and died meanwhile: the process
 * was stopped before it took the answer in.
 */
export function isAnswerOverdue<C>({ cell: { asking }, clock, spec: { renewal } }: AccountContext<C>): boolean {
  return renewal.mode === 'rotate' && asking !== undefined && msSince(asking.since, clock) >= overlapMs(renewal)
}

/** How long a replaced token works on for certain. */
function overlapMs({ overlapSeconds, marginSeconds }: ResolvedRenewal): number {
  return (overlapSeconds - marginSeconds) * 1000
}
