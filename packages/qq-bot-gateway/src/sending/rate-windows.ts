import type { Clock } from '@lingpai/core'
import type { RateLimit } from './message-target.js'

/** A limit, and whose: `group`, `group:<id>`. */
export interface KeyedLimit extends Omit<RateLimit, 'per'> {
  readonly key: string
}

/** Moments of what was sent, so that limits are kept before the platform has to refuse. */
export interface RateWindows {
  /** Milliseconds until all limits let one more through; 0 takes the place at once. */
  take(limits: readonly KeyedLimit[]): number
}

/** Sliding windows on the monotonic clock. */
export function rateWindows(clock: Clock): RateWindows {
  const sent = new Map<string, number[]>()
  return {
    take: (limits) => {
      const nowMs = clock.monotonic()
      forget(sent, nowMs)
      const waitsMs = limits.map(({ key, most, withinMs }) => {
        const moments = sent.get(key) ?? []
        const oldest = moments[moments.length - most]
        return oldest === undefined ? 0 : Math.max(0, oldest + withinMs - nowMs)
      })
      const waitMs = Math.max(0, ...waitsMs)
      if (waitMs === 0) for (const { key } of limits) sent.set(key, [...(sent.get(key) ?? []), nowMs])
      return waitMs
    },
  }
}

/** The longest window of any limit. */
const longestMs = 60_000

/** Keys are kept in the order of their last message, so the first that is young ends the search. */
function forget(sent: Map<string, number[]>, nowMs: number): void {
  for (const [key, moments] of sent) {
    const young = moments.filter((atMs) => atMs + longestMs > nowMs)
    if (young.length === 0) sent.delete(key)
    else sent.set(key, young)
  }
}
