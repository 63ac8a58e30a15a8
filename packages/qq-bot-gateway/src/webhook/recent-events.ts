import type { Clock } from '@lingpai/core'

/** Recent events, in the memory of this process. */
export interface RecentEvents {
  has(names: readonly string[]): boolean
  add(names: readonly string[]): void
}

/** Remembers each name for at least `rememberedMs`, and at least the last `most` names. */
export function recentEvents(clock: Clock, rememberedMs: number, most: number): RecentEvents {
  const remembered = new Map<string, number>()
  return {
    has: (names) => names.some((name) => remembered.has(name)),
    add: (names) => {
      const nowMs = clock.monotonic()
      for (const name of names) remembered.set(name, nowMs + rememberedMs)
      // The map is ordered from the oldest to the newest.
      for (const [name, untilMs] of remembered) {
        if (remembered.size <= most || untilMs > nowMs) return
        remembered.delete(name)
      }
    },
  }
}
