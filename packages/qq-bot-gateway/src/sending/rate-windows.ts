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
  /** Keys that something is remembered of. */
  readonly size: number
}

/** What was sent under a key: as many moments as its limit asks for, the oldest first. */
interface Sent {
  readonly moments: readonly number[]
  readonly forgottenAtMs: number
}

/** Sliding windows on the monotonic clock. */
export function rateWindows(clock: Clock): RateWindows {
  const sent = new Map<string, Sent>()
  return {
    get size() {
      return sent.size
    },
    take: (limits) => {
      const nowMs = clock.monotonic()
      forget(sent, nowMs)
      const waitsMs = limits.map(({ key, most, withinMs }) => {
        const oldest = sent.get(key)?.moments.at(-most)
        return oldest === undefined ? 0 : Math.max(0, oldest + withinMs - nowMs)
      })
      const waitMs = Math.max(0, ...waitsMs)
      if (waitMs > 0) return waitMs
      for (const { key, most, withinMs } of limits) {
        const moments = [...(sent.get(key)?.moments ?? []), nowMs].slice(-most)
        // Put at the end: keys stay in the order of their last message.
        sent.delete(key)
        sent.set(key, { moments, forgottenAtMs: nowMs + withinMs })
      }
      return 0
    },
  }
}

/** The first key that still counts ends the search: a message costs the same however many targets there are. */
function forget(sent: Map<string, Sent>, nowMs: number): void {
  for (const [key, { forgottenAtMs }] of sent) {
    if (forgottenAtMs > nowMs) return
    sent.delete(key)
  }
}
