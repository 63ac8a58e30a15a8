import { expiryOf } from '../state/local-times.js'
import type { AccountContext } from '../state/account-context.js'
import { isRejected } from '../state/account-state.js'
import { ConfigError, UnavailableError } from '../errors.js'
import { timeLeftMs } from '../time/moment.js'
import { renewalModes } from '../provider/renewal-mode.js'

/**
 * Asserts that a request can bring a token of the life that the caller needs.
 *
 * @throws ConfigError if none ever can, UnavailableError if none can yet
 */
export function assertReachable<C>({ state, clock, spec, gate }: AccountContext<C>, minLifeMs: number): void {
  const { record, times } = state
  if (minLifeMs <= 0 || record === undefined || times === undefined || isRejected(state)) return
  const leftMs = timeLeftMs(expiryOf(times), clock)
  const { mode, windowSeconds, minIntervalSeconds, trustSeconds } = spec.renewal
  const windowMs = windowSeconds * 1000
  // Upstream has just given the same token again: a request at every call would overload it.
  const quietMs = (record.repeatedAtMs ?? -Infinity) + minIntervalSeconds * 1000 - gate.reckonedNowMs()
  // If a reported lifetime is only trusted for a while, another request prolongs that.
  const repeatsMs = trustSeconds === Infinity ? leftMs - windowMs : 0
  const waitMs = Math.max(repeatsMs, Math.min(quietMs, minIntervalSeconds * 1000))
  const isRepeated = renewalModes[mode].repeats && waitMs > 0
  const isHalf = minLifeMs > (record.expiresAtMs - record.issuedAtMs) / 2
  if (!isRepeated && !isHalf) return
  const text = `${spec.id}: no token that lives ${minLifeMs} ms can be had`
  if (isHalf) {
    throw new ConfigError(`${text}: "minLifeMs" must be at most half of a token's life`, {
      field: 'minLifeMs',
      problem: 'conflict',
    })
  }
  throw new UnavailableError(
    `${text} yet: the platform repeats the current token until its last ${windowMs} ms`,
    { provider: spec.id, problem: 'lifetime', field: 'minLifeMs' },
    { retryAtMs: Math.ceil(clock.now() + waitMs) },
  )
}
