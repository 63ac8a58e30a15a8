import { errorClasses, type ErrorClass } from '@lingpai/core'
import { coolDownMs, failurePolicy } from '@lingpai/core/internal'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

test('failurePolicy has an action for every class, and for nothing else', () => {
  expect(Object.keys(failurePolicy).sort()).toEqual([...errorClasses].sort())
  for (const { attempts, firstCoolDownMs, longestCoolDownMs } of Object.values(failurePolicy)) {
    expect(attempts).toBeGreaterThanOrEqual(1)
    expect(firstCoolDownMs).toBeGreaterThanOrEqual(second)
    expect(longestCoolDownMs).toBeGreaterThanOrEqual(firstCoolDownMs)
  }
})

test('only transient failures are repeated within a refresh', () => {
  const repeated = errorClasses.filter((errorClass) => failurePolicy[errorClass].attempts > 1)
  expect(repeated).toEqual(['transient'])
})

test('only classes that waiting solves are retryable', () => {
  const retryable = errorClasses.filter((errorClass) => failurePolicy[errorClass].retryable)
  expect(retryable.sort()).toEqual(['quota-exhausted', 'rate-limited', 'token-expired', 'token-invalid', 'transient'])
})

test.each([
  ['transient', [1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * second)],
  ['rate-limited', [1, 2, 4, 8, 16, 32, 60, 60].map((minutes) => minutes * minute)],
  ['quota-exhausted', [hour, hour, hour]],
  ['ip-denied', [5 * minute, 10 * minute, 10 * minute]],
  ['credential-invalid', [10 * minute, 10 * minute]],
  ['permission', [10 * minute, 10 * minute]],
  ['unknown', [30, 60, 120, 240, 480, 600, 600].map((seconds) => seconds * second)],
] as const satisfies readonly (readonly [ErrorClass, readonly number[]])[])(
  'the cool-down of %s grows and ends',
  (errorClass, wanted) => {
    expect(wanted.map((_, i) => coolDownMs(errorClass, { failures: i + 1, jitter: 0 }))).toEqual(wanted)
    expect(coolDownMs(errorClass, { failures: 1e9, jitter: 0 })).toBe(wanted.at(-1))
  },
)

test('the jitter adds up to a fifth and subtracts nothing', () => {
  for (const errorClass of errorClasses) {
    const least = coolDownMs(errorClass, { failures: 3, jitter: 0 })
    const most = coolDownMs(errorClass, { failures: 3, jitter: 1 })
    expect(most / least).toBeCloseTo(1.2)
    const some = coolDownMs(errorClass, { failures: 3, jitter: 0.37 })
    expect(some).toBeGreaterThan(least)
    expect(some).toBeLessThan(most)
  }
})

test('Retry-After replaces the first cool-down both ways, grows to the longest of the class, and ends at a day', () => {
  const wait = (errorClass: ErrorClass, retryAfterMs: number, failures = 1, jitter = 0): number =>
    coolDownMs(errorClass, { failures, jitter, retryAfterMs, codeCoolDownMs: 7 * second })
  expect(wait('transient', 90 * second)).toBe(90 * second)
  expect(wait('rate-limited', 3 * second)).toBe(3 * second)
  expect(wait('rate-limited', 3 * second, 3)).toBe(12 * second)
  expect(wait('rate-limited', 3 * second, 30)).toBe(hour)
  expect(wait('rate-limited', 2 * hour)).toBe(2 * hour)
  expect(wait('rate-limited', 365 * 24 * hour)).toBe(24 * hour)
  expect(wait('rate-limited', 365 * 24 * hour, 1, 1)).toBe(24 * hour)
})

test.each(['credential-invalid', 'ip-denied', 'permission', 'needs-reauthorization', 'unknown'] as const)(
  'Retry-After does not change the cool-down of %s, which only a person can end',
  (errorClass) => {
    const wait = (retryAfterMs?: number): number => coolDownMs(errorClass, { failures: 1, jitter: 0, retryAfterMs })
    expect([wait(second), wait(24 * hour)]).toEqual([wait(), wait()])
  },
)

test('the cool-down of a code replaces that of its class, and grows to the longest of the class', () => {
  const wait = (errorClass: ErrorClass, codeCoolDownMs: number, failures: number): number =>
    coolDownMs(errorClass, { failures, jitter: 0, codeCoolDownMs })
  expect(wait('rate-limited', 5 * second, 1)).toBe(5 * second)
  expect(wait('rate-limited', 5 * second, 3)).toBe(20 * second)
  expect(wait('rate-limited', 5 * second, 30)).toBe(hour)
  expect(wait('ip-denied', 24 * hour, 1)).toBe(24 * hour)
  expect(wait('ip-denied', 24 * hour, 9)).toBe(24 * hour)
})
