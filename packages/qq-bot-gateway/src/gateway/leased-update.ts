import { randomUUID } from 'node:crypto'
import { cacheCall, type CacheUse } from './cache-call.js'
import { pause } from './pause.js'

/** What becomes of a shared value. */
export interface SharedChange<T> {
  readonly result: T
  /** What to write; nothing is written without it. */
  readonly text?: string
  /** How long it is of use, milliseconds. */
  readonly keptMs: number
}

/** How a shared value is changed. */
export interface LeasedUpdate<T> {
  readonly use: CacheUse
  readonly key: string
  /** A pure function: it may run more than once. `nowMs` is the store's time. */
  readonly change: (stored: string | null | undefined, nowMs: number) => SharedChange<T>
  /** From 0 up to 1. */
  readonly random: () => number
  /** How often the lease of another party is waited for, about 100 ms each time. */
  readonly mostTries: number
  readonly signal?: AbortSignal
}

/** The lease is held for one read and one write. */
const leaseMs = 2000

/** One step of read, change and write, fenced by the lease; `undefined` when the cache or the lease cannot be had. */
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
      const { result, text, keptMs } = change(stored.value, now.value)
      if (text === undefined) {
        await cacheCall(use, 'release', () => lease.release(key, holder))
        return { result }
      }
      const written = await cacheCall(use, 'commit', () => lease.commit(key, holder, text, now.value + keptMs))
      if (!written.ok) return undefined
      if (written.value) return { result }
    } else await pause(use.clock, 50 + 100 * random(), signal)
  }
  return undefined
}
