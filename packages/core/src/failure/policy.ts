import type { ErrorClass } from '../error-class.js'

/** What the core does after a failure of a class at the token endpoint. */
export interface FailureAction {
  /** Number of requests within one refresh that a caller waits for, including the first. */
  readonly attempts: number
  /**
   * The cool-down after the first failure; each further failure doubles it. All processes that share the cache observe
   * it.
   */
  readonly firstCoolDownMs: number
  readonly longestCoolDownMs: number
  /** Whether waiting alone can solve it. */
  readonly retryable: boolean
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** The action for each class. There is no other such table. */
export const failurePolicy: Readonly<Record<ErrorClass, FailureAction>> = {
  transient: { attempts: 3, firstCoolDownMs: second, longestCoolDownMs: minute, retryable: true },
  'rate-limited': { attempts: 1, firstCoolDownMs: minute, longestCoolDownMs: hour, retryable: true },
  // The hour at which a quota resets is undocumented, and it can be cleared by hand: one request an hour finds out.
  'quota-exhausted': { attempts: 1, firstCoolDownMs: hour, longestCoolDownMs: hour, retryable: true },
  // A change of the white-list takes the platform 5 to 10 minutes.
  'ip-denied': { attempts: 1, firstCoolDownMs: 5 * minute, longestCoolDownMs: 10 * minute, retryable: false },
  // Platforms block clients that repeat a wrong secret. A changed secret has its own cool-down and is tried at once.
  'credential-invalid': { attempts: 1, firstCoolDownMs: 10 * minute, longestCoolDownMs: 10 * minute, retryable: false },
  permission: { attempts: 1, firstCoolDownMs: 10 * minute, longestCoolDownMs: 10 * minute, retryable: false },
  'needs-reauthorization': {
    attempts: 1,
    firstCoolDownMs: 10 * minute,
    longestCoolDownMs: 10 * minute,
    retryable: false,
  },
  // The token endpoint repeats a token that the API rejects.
  'token-invalid': { attempts: 1, firstCoolDownMs: 30 * second, longestCoolDownMs: 10 * minute, retryable: true },
  'token-expired': { attempts: 1, firstCoolDownMs: 30 * second, longestCoolDownMs: 10 * minute, retryable: true },
  unknown: { attempts: 1, firstCoolDownMs: 30 * second, longestCoolDownMs: 10 * minute, retryable: false },
}

/** Whether a class is a limit of the platform, which another request cannot solve. */
export function isLimit(errorClass: ErrorClass): boolean {
  return errorClass === 'rate-limited' || errorClass === 'quota-exhausted'
}

/** What extends or replaces the cool-down of a class. */
export interface CoolDownFacts {
  /** Number of failures in a row, including this one. */
  readonly failures: number
  /** 0 to 1; adds up to a fifth, so that processes do not come back together. */
  readonly jitter: number
  /**
   * The platform's `Retry-After`. It replaces the first cool-down, longer or shorter, of a class whose end the platform
   * announces.
   */
  readonly retryAfterMs?: number | undefined
  /** The provider's cool-down for this code. */
  readonly codeCoolDownMs?: number | undefined
}

/** The longest cool-down of any class: an operator's typo at the platform must not stop an account for a year. */
const longestCoolDownOfAllMs = 24 * hour

/** Classes whose end a platform announces by `Retry-After`. */
const announcedClasses: readonly ErrorClass[] = ['transient', 'rate-limited', 'quota-exhausted']

/**
 * Returns the longest cool-down of a class in milliseconds. A stored failure with a longer one is reduced to it.
 *
 * @param codeCoolDownMs the provider's cool-down for the failure's code
 */
export function longestCoolDownOf(errorClass: ErrorClass, codeCoolDownMs: number | undefined): number {
  const facts = { failures: 30, jitter: 1, retryAfterMs: longestCoolDownOfAllMs, codeCoolDownMs }
  return Math.ceil(coolDownMs(errorClass, facts))
}

/** Returns the cool-down in milliseconds. */
export function coolDownMs(errorClass: ErrorClass, facts: CoolDownFacts): number {
  const { firstCoolDownMs, longestCoolDownMs } = failurePolicy[errorClass]
  const { retryAfterMs, codeCoolDownMs, failures, jitter } = facts
  // A platform blocks clients that repeat a wrong secret, so a header of a proxy must not shorten that cool-down.
  const told = announcedClasses.includes(errorClass) ? retryAfterMs : undefined
  const first = told ?? codeCoolDownMs ?? firstCoolDownMs
  const doubled = Math.min(first * 2 ** Math.min(failures - 1, 20), Math.max(longestCoolDownMs, first))
  return Math.min(doubled * (1 + jitter / 5), longestCoolDownOfAllMs)
}
