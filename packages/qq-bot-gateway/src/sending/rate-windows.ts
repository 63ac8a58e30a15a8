import type { Clock } from '@lingpai/core'
import type { RateLimit } from './message-target.js'

/** A limit with its key, such as `group` or `group:<id>`. */
export interface KeyedLimit extends Omit<RateLimit, 'per'> {
  readonly key: string
}

/** Records when messages were sent, so that limits are enforced before the platform has to. */
export interface RateWindows {
  /** Returns the milliseconds until all limits allow one more message. At 0 the message is counted at once. */
  take(limits: readonly KeyedLimit[]): number
  /** Number of keys in memory. */
  readonly size: number
}

/** The messages sent under a key: as many times as its limit needs, oldest first. */
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
        // Moved to the end, so that keys are ordered by their last message.
        sent.delete(key)
        sent.set(key, { moments, forgottenAtMs: nowMs + withinMs })
      }
      return 0
    },
  }
}

/** Stops at the first key that still counts, so the cost of a message does not depend on the number of targets. */
function forget(sent: Map<string, Sent>, nowMs: number): void {
  for (const [key, { forgottenAtMs }] of sent) {
    if (forgottenAtMs > nowMs) return
    sent.delete(key)
  }
}
