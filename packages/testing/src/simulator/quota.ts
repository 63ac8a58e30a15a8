/** Counters with windows of platform time: minutes, hours, days. */
export interface Quota {
  /** Counts one. @returns `false` once more than `limit` were counted within the current window */
  take(name: string, limit: number, windowSeconds: number): boolean
  /** Returns the count within the current window. */
  used(name: string, windowSeconds: number): number
}

/** Creates counters on a platform's clock. A window ends for all at once, as on the platforms. */
export function quota(nowMs: () => number): Quota {
  const counts = new Map<string, { window: number; count: number }>()
  const counterOf = (name: string, windowSeconds: number): { window: number; count: number } => {
    const window = Math.floor(nowMs() / (windowSeconds * 1000))
    const known = counts.get(name)
    if (known?.window === window) return known
    const fresh = { window, count: 0 }
    counts.set(name, fresh)
    return fresh
  }
  return {
    take: (name, limit, windowSeconds) => ++counterOf(name, windowSeconds).count <= limit,
    used: (name, windowSeconds) => counterOf(name, windowSeconds).count,
  }
}
