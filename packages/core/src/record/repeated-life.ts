import { renewalModes } from '../provider/renewal-mode.js'
import type { AccountContext } from '../state/account-context.js'
import { expiryOf } from '../state/local-times.js'
import { timeLeftMs } from '../time/moment.js'
import type { StoredRecord } from '../token-record.js'

/** A response with the very token of the record before it. Moments are on the clock that records use. */
export interface RepeatedResponse {
  readonly nowMs: number
  /** Milliseconds since its request was sent. */
  readonly ageMs: number
  /** When its request was sent. */
  readonly issuedAtMs: number
  /** When the token expires according to the response, as far as that is trusted. */
  readonly expiresAtMs: number
  /** Life of the token according to the response in milliseconds, counted from the request. */
  readonly lifeMs: number
  /** Whether an earlier response reported the lifetime, and this one does not. */
  readonly isToldBefore: boolean
}

/**
 * The life of a token that upstream gave again, by what was known of it before; `undefined` if only the response counts. A request
 * does not prolong a token's life, whatever the response says.
 */
export function knownLife<C>(
  context: AccountContext<C>,
  base: StoredRecord,
  response: RepeatedResponse,
): Pick<StoredRecord, 'issuedAtMs' | 'expiresAtMs'> | undefined {
  const { mode, trustSeconds } = context.spec.renewal
  const { nowMs, issuedAtMs, expiresAtMs, lifeMs, isToldBefore } = response
  const isBelieved = trustSeconds === Infinity
  // Counted from when the token was first received, which is the `issuedAtMs` of its record.
  const unbelievedMs = isBelieved ? 0 : Math.max(0, base.issuedAtMs + lifeMs - base.expiresAtMs)
  const leftMs = lifeLeftMs(context, base, response, unbelievedMs)
  // A guess says nothing against a new response: upstream gives the token again, so it is alive.
  if (renewalModes[mode].prolongs || leftMs === undefined || base.isLifetimeAssumed === true) return undefined
  const endsAtMs = Math.round(nowMs + leftMs)
  return {
    issuedAtMs: isBelieved || isToldBefore ? Math.min(base.issuedAtMs, issuedAtMs) : Math.round(endsAtMs - lifeMs),
    expiresAtMs: Math.max(issuedAtMs + 1, isBelieved ? endsAtMs : Math.min(endsAtMs, expiresAtMs)),
  }
}

/** A response that reports more than this above the known remaining life does not count down. */
const toleranceMs = 2000

/**
 * Remaining life in milliseconds; `undefined` if the token should have expired. A response that counts down is better than a wall
 * clock that was set, or a monotonic clock that stood still.
 *
 * @param unbelievedMs reported life beyond the part that is trusted; see `RenewalSpec.trustSeconds`
 */
function lifeLeftMs<C>(
  { state: { times }, clock }: AccountContext<C>,
  base: StoredRecord,
  { nowMs, ageMs, lifeMs }: RepeatedResponse,
  unbelievedMs: number,
): number | undefined {
  const knownMs = times === undefined ? 0 : expiryOf(times).monotonic - clock.monotonic() + times.doubtMs + unbelievedMs
  if (times === undefined || knownMs <= 0) return undefined
  const toldMs = lifeMs - ageMs
  const countsDown = toldMs <= knownMs + toleranceMs
  const isDeadByWall = timeLeftMs(expiryOf(times), clock) + unbelievedMs <= 0
  const ownMs = Math.min(toldMs, knownMs)
  return countsDown || isDeadByWall ? ownMs : Math.min(ownMs, base.expiresAtMs - nowMs + unbelievedMs)
}
