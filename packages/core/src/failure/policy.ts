import type { ErrorClass } from '../error-class.js'

/** What the core does when the token endpoint fails with a class. */
export interface FailureAction {
  /** Requests within one refresh that somebody waits for, the first included. */
  readonly attempts: number
  /** The cool-down after the first failure; it doubles with each further one. Everybody who shares the cache keeps it. */
  readonly firstCoolDownMs: number
  readonly longestCoolDownMs: number
  /** Whether waiting alone can help. */
  readonly retryable: boolean
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** Class to action, the only such table. */
export const failurePolicy: Readonly<Record<ErrorClass, FailureAction>> = {
  transient: { attempts: 3, firstCoolDownMs: second, longestCoolDownMs: minute, retryable: true },
  'rate-limited': { attempts: 1, firstCoolDownMs: minute, longestCoolDownMs: hour, retryable: true },
  // The hour at which a quota returns is not documented, and it can be cleared by hand: one request an hour finds out.
  'quota-exhausted': { attempts: 1, firstCoolDownMs: hour, longestCoolDownMs: hour, retryable: true },
  // A white-list edit takes the platform 5 to 10 minutes.
  'ip-denied': { attempts: 1, firstCoolDownMs: 5 * minute, longestCoolDownMs: 10 * minute, retryable: false },
  // Platforms block whoever repeats a wrong secret; a changed secret has a cool-down of its own and is tried at once.
  'credential-invalid': { attempts: 1, firstCoolDownMs: 10 * minute, longestCoolDownMs: 10 * minute, retryable: false },
  permission: { attempts: 1, firstCoolDownMs: 10 * minute, longestCoolDownMs: 10 * minute, retryable: false },
  'needs-reauthorization': {
    attempts: 1,
    firstCoolDownMs: 10 * minute,
    longestCoolDownMs: 10 * minute,
    retryable: false,
  },
  // The token endpoint repeats a token that the API refuses.
  'token-invalid': { attempts: 1, firstCoolDownMs: 30 * second, longestCoolDownMs: 10 * minute, retryable: true },
  'token-expired': { attempts: 1, firstCoolDownMs: 30 * second, longestCoolDownMs: 10 * minute, retryable: true },
  unknown: { attempts: 1, firstCoolDownMs: 30 * second, longestCoolDownMs: 10 * minute, retryable: false },
}

/** Whether a class is a limit of the platform, which nobody mends by asking again. */
export function isLimit(errorClass: ErrorClass): boolean {
  return errorClass === 'rate-limited' || errorClass === 'quota-exhausted'
}

/** What lengthens or replaces the cool-down of a class. */
export interface CoolDownFacts {
  /** Failures in a row, this one included. */
  readonly failures: number
  /** 0 to 1; adds up to a fifth, so that processes do not return together. */
  readonly jitter: number
  /** The platform's own `Retry-After`: it replaces the first cool-down, longer or shorter, of a class that ends by itself. */
  readonly retryAfterMs?: number | undefined
  /** The provider's figure for this one code. */
  readonly codeCoolDownMs?: number | undefined
}

/** No cool-down is longer: a typing error of an operator at the platform must not stop an account for a year. */
const longestCoolDownOfAllMs = 24 * hour

/** Classes whose end a platform tells by `Retry-After`. */
const openEnded: readonly ErrorClass[] = ['transient', 'rate-limited', 'quota-exhausted']

/**
 * The longest cool-down that a failure of a class can have, in milliseconds; a note that says more is not believed.
 *
 * @param codeCoolDownMs the provider's figure for the failure's code
 */
export function longestCoolDownOf(errorClass: ErrorClass, codeCoolDownMs: number | undefined): number {
  const facts = { failures: 30, jitter: 1, retryAfterMs: longestCoolDownOfAllMs, codeCoolDownMs }
  return Math.ceil(coolDownMs(errorClass, facts))
}

/** How long nobody asks again, in milliseconds. */
export function coolDownMs(errorClass: ErrorClass, facts: CoolDownFacts): number {
  const { firstCoolDownMs, longestCoolDownMs } = failurePolicy[errorClass]
  const { retryAfterMs, codeCoolDownMs, failures, jitter } = facts
  // A platform blocks clients that repeat a wrong secret: no header of a proxy shortens that cool-down.
  const told = openEnded.includes(errorClass) ? retryAfterMs : undefined
  const first = told ?? codeCoolDownMs ?? firstCoolDownMs
  const doubled = Math.min(first * 2 ** Math.min(failures - 1, 20), Math.max(longestCoolDownMs, first))
  return Math.min(doubled * (1 + jitter / 5), longestCoolDownOfAllMs)
}
