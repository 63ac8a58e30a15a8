import type { AccountContext } from './account-context.js'
import { hasCome, isRejected, timeLeftMs, warm } from './cell.js'

/**
 * What memory can do for a caller, found without any I/O.
 *
 * - `fresh`: serve it
 * - `due`: serve it, and refresh ahead in the background
 * - `unseen`: serve it, and look at the cache in the background
 * - `unsure`: it may have been replaced and died since the cache was last seen; look first
 * - `unusable`: there is none
 */
export type Readiness = 'fresh' | 'due' | 'unseen' | 'unsure' | 'unusable'

/** Judges the record in memory by both clocks, and keeps the hot path open where it can. */
export function readiness<C>({ cell, clock, gate, spec }: AccountContext<C>, minLifeMs: number): Readiness {
  const { times } = cell
  if (times === undefined || isRejected(cell) || hasCome(times.deadline, clock)) return 'unusable'
  if (timeLeftMs(times.expiry, clock) < minLifeMs) return 'unusable'
  const { memorySeconds, overlapSeconds, marginSeconds, mode } = spec.renewal
  const isShared = (gate.cache.reach ?? 'process') !== 'process'
  const memoryMs = isShared ? memorySeconds * 1000 : Infinity
  // The monotonic clock may have stood still while the machine slept.
  const unseenMs = Math.max(clock.monotonic() - times.seen.monotonic, clock.now() - times.seen.wall)
  if (isShared && mode === 'rotate' && unseenMs >= (overlapSeconds - marginSeconds) * 1000) return 'unsure'
  if (hasCome(times.soft, clock)) return 'due'
  if (unseenMs >= memoryMs) return 'unseen'
  warm(cell, clock, memoryMs)
  return 'fresh'
}
