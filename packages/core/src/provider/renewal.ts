import type { RenewalSpec, ResolvedRenewal } from '../provider.js'
import { renewalModes } from './renewal-mode.js'

const dayMs = 86_400_000

/** Fills in the defaults of a renewal policy by its mode. */
export function resolveRenewal(spec: RenewalSpec): ResolvedRenewal {
  const windowSeconds = spec.windowSeconds ?? 0
  const attemptsAtSeconds = spec.attemptsAtSeconds ?? defaultAttempts(spec.mode, windowSeconds)
  return {
    windowSeconds,
    overlapSeconds: windowSeconds,
    jitterSeconds: (attemptsAtSeconds[0] ?? 0) / 6,
    marginSeconds: 10,
    memorySeconds: renewalModes[spec.mode].memorySeconds,
    minIntervalSeconds: 2,
    maxLifeSeconds: (30 * dayMs) / 1000,
    defaultLifeSeconds: 300,
    trustSeconds: Infinity,
    ...spec,
    attemptsAtSeconds,
  }
}

function defaultAttempts(mode: RenewalSpec['mode'], windowSeconds: number): readonly number[] {
  const { repeats, attemptsAtSeconds } = renewalModes[mode]
  return repeats && windowSeconds > 0 ? [5 / 6, 2 / 3, 1 / 3].map((part) => part * windowSeconds) : attemptsAtSeconds
}

/** The times of a record that the renewal policy needs. */
interface Life {
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  readonly repeatedAtMs?: number
}

/** Unix milliseconds from which a token is no longer served. */
export function deadlineAtMs(life: Life, { marginSeconds, attemptsAtSeconds }: ResolvedRenewal): number {
  const { issuedAtMs, expiresAtMs, repeatedAtMs = -Infinity } = life
  const deadline = expiresAtMs - Math.min(marginSeconds * 1000, (expiresAtMs - issuedAtMs) / 10)
  // After the last attempt, upstream itself has shown that this token lives to its expiry and that there is no other.
  const lastAttempt = expiresAtMs - (attemptsAtSeconds.at(-1) ?? 0) * 1000
  return repeatedAtMs >= Math.min(lastAttempt, deadline) ? expiresAtMs : deadline
}

/**
 * Unix milliseconds of the next attempt to refresh ahead; the deadline if no attempt is left before it.
 *
 * @param jitter position of this process within the jitter, 0 to 1
 */
export function nextAttemptAtMs(life: Life, renewal: ResolvedRenewal, jitter: number): number {
  const { issuedAtMs, expiresAtMs, repeatedAtMs = -Infinity } = life
  const deadline = deadlineAtMs(life, renewal)
  const jitterMs = jitter * renewal.jitterSeconds * 1000
  // A short life has no room for the platform's usual window: no refresh in its first three quarters.
  const lifeMs = expiresAtMs - issuedAtMs
  const earliest = Math.max(
    issuedAtMs + 0.75 * lifeMs + Math.min(jitterMs, lifeMs / 20),
    repeatedAtMs + renewal.minIntervalSeconds * 1000,
  )
  const attempts = renewal.attemptsAtSeconds
  for (const [i, atSeconds] of attempts.entries()) {
    const plannedAt = expiresAtMs - atSeconds * 1000
    // The jitter takes at most half of the time to the next attempt or, for the last attempt, to the deadline.
    const roomMs = Math.max(0, atSeconds - (attempts[i + 1] ?? renewal.marginSeconds)) * 500
    const at = plannedAt + Math.min(jitterMs, roomMs)
    const isSpent = at <= repeatedAtMs
    if (!isSpent) return Math.min(Math.max(at, earliest), deadline)
  }
  return deadline
}
