import type { AccountContext } from '../state/account-context.js'
import { isRejected } from '../state/account-state.js'
import { ConfigError, UnavailableError } from '../errors.js'
import { timeLeftMs } from '../time/moment.js'

/** @throws ConfigError or UnavailableError when no request could bring a token that lives as long as the caller wants */
export function assertReachable<C>({ state, clock, spec, gate }: AccountContext<C>, minLifeMs: number): void {
  const { record, times } = state
  if (minLifeMs <= 0 || record === undefined || times === undefined || isRejected(state)) return
  const leftMs = timeLeftMs(times.expiry, clock)
  const { mode, windowSeconds, minIntervalSeconds, trustSeconds } = spec.renewal
  const windowMs = windowSeconds * 1000
  // Upstream has just repeated the token: asking at every call would storm it.
  const quietMs = (record.repeatedAtMs ?? -Infinity) + minIntervalSeconds * 1000 - gate.reckonedNowMs()
  // Where its word is only believed for a while, asking once more prolongs that.
  const repeatsMs = trustSeconds === Infinity ? leftMs - windowMs : 0
  const waitMs = Math.max(repeatsMs, Math.min(quietMs, minIntervalSeconds * 1000))
  const isRepeated = mode === 'sticky' && waitMs > 0
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
