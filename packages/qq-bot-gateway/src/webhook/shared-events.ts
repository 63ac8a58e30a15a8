import { createHash } from 'node:crypto'
import { cacheCall, type CacheUse } from '../gateway/cache-call.js'
import { leasedUpdate, type SharedChange } from '../gateway/leased-update.js'

/** Recent events, shared by all instances with the same cache. If the cache fails, every event counts as new. */
export interface SharedEvents {
  /** Whether any instance has handed the event out. */
  has(name: string): Promise<boolean>
  /** Records the event. @returns whether it is new to all instances */
  add(name: string): Promise<boolean>
}

/** What shared events need. */
export interface SharedEventsOptions {
  readonly use: CacheUse
  readonly appId: string
  /** How long an event is remembered, in milliseconds. */
  readonly rememberedMs: number
}

/** Fixed number of cache entries, so that events do not accumulate keys. Each event belongs to one entry. */
const entryCount = 64
/** Keeps an entry below 64 KiB. */
const mostInEntry = 1000
/** About a second; the platform waits three seconds for a response. */
const mostTries = 10

/** Expiry of each event by its digest, in the store's time. */
type Entry = ReadonlyMap<string, number>

/** Records events in a cache. With a lease, exactly one instance sees an event as new. */
export function sharedEvents({ use, appId, rememberedMs }: SharedEventsOptions): SharedEvents {
  const { cache, clock } = use
  const placeOf = (name: string): { readonly key: string; readonly digest: string } => {
    const digest = createHash('sha256').update(name).digest('hex').slice(0, 32)
    return { digest, key: `lingpai:1:qq-webhook:${appId}:${parseInt(digest.slice(0, 4), 16) % entryCount}` }
  }
  return {
    has: async (name) => {
      const { key, digest } = placeOf(name)
      const stored = await cacheCall(use, 'get', () => cache.get(key))
      return stored.ok && decode(stored.value).has(digest)
    },
    add: async (name) => {
      const { key, digest } = placeOf(name)
      const change = (stored: string | null | undefined, nowMs: number): SharedChange<boolean> => {
        const entry = decode(stored)
        if (entry.has(digest)) return { result: false, storedMs: rememberedMs }
        const alive = [...entry].filter(([, untilMs]) => untilMs > nowMs).slice(1 - mostInEntry)
        return { result: true, text: encode([...alive, [digest, nowMs + rememberedMs]]), storedMs: rememberedMs }
      }
      if (cache.lease !== undefined) {
        const updated = await leasedUpdate({ use, key, change, random: Math.random, mostTries })
        return updated?.result ?? true
      }
      const stored = await cacheCall(use, 'get', () => cache.get(key))
      if (!stored.ok) return true
      const { result, text } = change(stored.value, clock.now())
      if (text !== undefined) await cacheCall(use, 'set', () => cache.set(key, text, clock.now() + rememberedMs))
      return result
    },
  }
}

function encode(entry: readonly (readonly [digest: string, untilMs: number])[]): string {
  return JSON.stringify(entry)
}

/** Parses an entry. A malformed one counts as empty, and the next write replaces it. */
function decode(text: string | null | undefined): Entry {
  try {
    const pairs: unknown = JSON.parse(text ?? '[]')
    return new Map(Array.isArray(pairs) ? pairs.filter(isPair) : [])
  } catch {
    return new Map()
  }
}

function isPair(pair: unknown): pair is readonly [string, number] {
  return Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'number'
}
