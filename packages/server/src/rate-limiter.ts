import type { Clock } from '@lingpai/core'

/** A token bucket for each of many callers. */
export interface RateLimiter {
  /** Takes one. @returns 0 when there was one, else the milliseconds until there is */
  take(caller: string, perSecond: number): number
  /** The same, without taking. */
  look(caller: string, perSecond: number): number
}

interface Bucket {
  left: number
  atMs: number
}

/**
 * Buckets in memory. `@fastify/rate-limit` counts in windows and takes about 4 % of what a token costs the server (measured by
 * `benchmarks/server.ts`); this takes two look-ups, and counts wrong keys as well, which no route knows beforehand.
 *
 * @param burstSeconds a bucket holds what comes in so many seconds
 * @param mostCallers the longest unused are forgotten beyond this
 */
export function rateLimiter(clock: Clock, burstSeconds: number, mostCallers = 10_000): RateLimiter {
  const buckets = new Map<string, Bucket>()
  const bucketOf = (caller: string, perSecond: number): Bucket => {
    const nowMs = clock.monotonic()
    let bucket = buckets.get(caller)
    if (bucket === undefined) {
      bucket = { left: perSecond * burstSeconds, atMs: nowMs }
      if (buckets.size >= mostCallers) for (const oldest of buckets.keys()) if (buckets.delete(oldest)) break
      buckets.set(caller, bucket)
    }
    bucket.left = Math.min(perSecond * burstSeconds, bucket.left + ((nowMs - bucket.atMs) * perSecond) / 1000)
    bucket.atMs = nowMs
    return bucket
  }
  const waitMs = ({ left }: Bucket, perSecond: number): number =>
    left >= 1 ? 0 : Math.ceil(((1 - left) * 1000) / perSecond)
  return {
    take: (caller, perSecond) => {
      const bucket = bucketOf(caller, perSecond)
      const wait = waitMs(bucket, perSecond)
      if (wait === 0) bucket.left -= 1
      return wait
    },
    look: (caller, perSecond) => waitMs(bucketOf(caller, perSecond), perSecond),
  }
}
