import type { Clock } from '@lingpai/core'

/** Events of the last time, in the memory of this process. */
export interface RecentEvents {
  has(names: readonly string[]): boolean
  add(names: readonly string[]): void
}

/** Remembers each name for at least `keptMs`, and at least the last `most` of them. */
export function recentEvents(clock: Clock, keptMs: number, most: number): RecentEvents {
  const kept = new Map<string, number>()
  return {
    has: (names) => names.some((name) => kept.has(name)),
    add: (names) => {
      const nowMs = clock.monotonic()
      for (const name of names) kept.set(name, nowMs + keptMs)
      // The oldest stand first.
      for (const [name, untilMs] of kept) {
        if (kept.size <= most || untilMs > nowMs) return
        kept.delete(name)
      }
    },
  }
}
