import { createHash } from 'node:crypto'
import { cacheCall, type CacheUse } from '../gateway/cache-call.js'
import { leasedUpdate, type SharedChange } from '../gateway/leased-update.js'

/** Events of the last time, among all instances that share a cache. A cache that fails says that an event is new. */
export interface SharedEvents {
  /** Whether an instance has handed the event out. */
  has(name: string): Promise<boolean>
  /** Notes the event. @returns whether no instance had noted it before */
  add(name: string): Promise<boolean>
}

/** What is needed for it. */
export interface SharedEventsOptions {
  readonly use: CacheUse
  readonly appId: string
  /** How long an event is remembered, milliseconds. */
  readonly keptMs: number
}

/** Entries of the cache. Their number is fixed, so that no event leaves one behind; each event has its place in one of them. */
const entryCount = 64
/** An entry holds up to 64 KiB. */
const mostInEntry = 1000
/** About a second: the platform waits three for its response. */
const mostTries = 10

/** When each event of an entry is forgotten, by its digest, in the store's time. */
type Entry = ReadonlyMap<string, number>

/** Notes events in a cache; with a lease, exactly one instance is told that an event is new. */
export function sharedEvents({ use, appId, keptMs }: SharedEventsOptions): SharedEvents {
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
        if (entry.has(digest)) return { result: false, keptMs }
        const alive = [...entry].filter(([, untilMs]) => untilMs > nowMs).slice(1 - mostInEntry)
        return { result: true, text: encode([...alive, [digest, nowMs + keptMs]]), keptMs }
      }
      if (cache.lease !== undefined) {
        const updated = await leasedUpdate({ use, key, change, random: Math.random, mostTries })
        return updated?.result ?? true
      }
      const stored = await cacheCall(use, 'get', () => cache.get(key))
      if (!stored.ok) return true
      const { result, text } = change(stored.value, clock.now())
      if (text !== undefined) await cacheCall(use, 'set', () => cache.set(key, text, clock.now() + keptMs))
      return result
    },
  }
}

function encode(entry: readonly (readonly [digest: string, untilMs: number])[]): string {
  return JSON.stringify(entry)
}

/** What cannot be read is empty: the next write heals it. */
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
