import { randomUUID } from 'node:crypto'
import { cacheCall, type CacheUse } from './cache-call.js'
import { pauseUntilAborted } from '@lingpai/core/internal'

/** The result of changing a shared value. */
export interface SharedChange<T> {
  readonly result: T
  /** Text to write; absent to write nothing. */
  readonly text?: string
  /** How long the value is useful, in milliseconds. */
  readonly storedMs: number
}

/** How to change a shared value. */
export interface LeasedUpdate<T> {
  readonly use: CacheUse
  readonly key: string
  /** A pure function that may run more than once. `nowMs` is the store's time. */
  readonly change: (stored: string | null | undefined, nowMs: number) => SharedChange<T>
  /** Returns a number from 0 up to 1. */
  readonly random: () => number
  /** How many times to wait for the lease while another process holds it, about 100 ms each. */
  readonly mostTries: number
  readonly signal?: AbortSignal
}

/** Enough for the one read and one write that the lease covers. */
const leaseMs = 2000

/** Reads, changes and writes a value, fenced by the lease. Returns `undefined` if the cache or the lease is unavailable. */
export async function leasedUpdate<T>(update: LeasedUpdate<T>): Promise<{ readonly result: T } | undefined> {
  const { use, key, change, random, mostTries, signal = new AbortController().signal } = update
  const { lease, nowMs: storeNowMs = use.clock.now } = use.cache
  const holder = randomUUID()
  for (let tries = 0; lease !== undefined && tries < mostTries && !signal.aborted; tries += 1) {
    const taken = await cacheCall(use, 'take', () => lease.take(key, holder, leaseMs))
    if (!taken.ok) return undefined
    if (taken.value) {
      const now = await cacheCall(use, 'now', storeNowMs)
      const stored = await cacheCall(use, 'get', () => use.cache.get(key))
      if (!now.ok || !stored.ok) return undefined
      const { result, text, storedMs } = change(stored.value, now.value)
      if (text === undefined) {
        await cacheCall(use, 'release', () => lease.release(key, holder))
        return { result }
      }
      const written = await cacheCall(use, 'commit', () => lease.commit(key, holder, text, now.value + storedMs))
      if (!written.ok) return undefined
      if (written.value) return { result }
    } else await pauseUntilAborted(use.clock, 50 + 100 * random(), signal, { holdsProcess: true })
  }
  return undefined
}
