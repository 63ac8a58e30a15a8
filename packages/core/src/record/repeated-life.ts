import type { AccountState } from '../state/account-state.js'
import type { Clock } from '../clock.js'
import { timeLeftMs } from '../time/moment.js'

/** An answer that says more than this above what was known does not count down. */
const toleranceMs = 2000

/**
 * What is left of a token that upstream repeated, in milliseconds; `undefined` when it should be dead, so that upstream's
 * word is all there is.
 *
 * It lives no longer for being asked for, whatever the answer says. An answer that does count down is better than a wall
 * clock that was set, or a monotonic one that stood still.
 *
 * @param toldMs what is left by the answer
 * @param recordMs what is left by the record's own moments
 * @param unbelievedMs what upstream told of its life beyond what was believed of it; see `RenewalSpec.trustSeconds`
 */
export function repeatedLifeMs(
  { times }: AccountState,
  clock: Clock,
  toldMs: number,
  recordMs: number,
  unbelievedMs: number,
): number | undefined {
  const knownMs = times === undefined ? 0 : times.expiry.monotonic - clock.monotonic() + times.doubtMs + unbelievedMs
  if (times === undefined || knownMs <= 0) return undefined
  const countsDown = toldMs <= knownMs + toleranceMs
  const isDeadByWall = timeLeftMs(times.expiry, clock) + unbelievedMs <= 0
  const ownMs = Math.min(toldMs, knownMs)
  return countsDown || isDeadByWall ? ownMs : Math.min(ownMs, recordMs + unbelievedMs)
}
