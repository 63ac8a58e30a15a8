import { expiryOf } from '../state/local-times.js'
import type { AccountState } from '../state/account-state.js'
import type { Clock } from '../clock.js'
import { timeLeftMs } from '../time/moment.js'

/** A response that reports more than this above the known remaining life does not count down. */
const toleranceMs = 2000

/**
 * Remaining life in milliseconds of a token that upstream gave again; `undefined` if it should have expired, so that
 * only the response counts.
 *
 * A request does not prolong the token's life, whatever the response says. A response that counts down is better than a
 * wall clock that was set, or a monotonic clock that stood still.
 *
 * @param toldMs remaining life according to the response
 * @param recordMs remaining life according to the record's own moments
 * @param unbelievedMs reported life beyond the part that is trusted; see `RenewalSpec.trustSeconds`
 */
export function repeatedLifeMs(
  { times }: AccountState,
  clock: Clock,
  toldMs: number,
  recordMs: number,
  unbelievedMs: number,
): number | undefined {
  const knownMs = times === undefined ? 0 : expiryOf(times).monotonic - clock.monotonic() + times.doubtMs + unbelievedMs
  if (times === undefined || knownMs <= 0) return undefined
  const countsDown = toldMs <= knownMs + toleranceMs
  const isDeadByWall = timeLeftMs(expiryOf(times), clock) + unbelievedMs <= 0
  const ownMs = Math.min(toldMs, knownMs)
  return countsDown || isDeadByWall ? ownMs : Math.min(ownMs, recordMs + unbelievedMs)
}
