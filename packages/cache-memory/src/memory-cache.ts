import { ConfigError, systemClock, type Clock, type IAccessTokenCache } from '@lingpai/core'
import { LRUCache } from 'lru-cache'

/** Options of `memoryCache`. */
export interface MemoryCacheOptions {
  /** Maximum number of entries; beyond it, the least recently used one is dropped. At most 10 million. @default 10_000 */
  readonly maxEntries?: number
  /** Tells the time; a test passes its test clock. @default systemClock */
  readonly clock?: Pick<Clock, 'now'>
}

/** A cache in the memory of this process. Its methods are synchronous. */
export interface MemoryCache extends IAccessTokenCache {
  get(key: string): string | undefined
  set(key: string, value: string, expiresAtMs?: number): void
  remove(key: string): void
  readonly reach: 'process'
}

/** The index is allocated at once, so a few zeros too many must not crash the process. */
const mostEntries = 10_000_000

/** An entry is one text, its expiry before its value: an object that holds both would be 42 bytes larger. */
function entryOf(value: string, expiresAtMs: number): string {
  return `${expiresAtMs} ${value}`
}

function partsOf(entry: string): { readonly value: string; readonly expiresAtMs: number } {
  const end = entry.indexOf(' ')
  return { value: entry.slice(end + 1), expiresAtMs: Number(entry.slice(0, end)) }
}

/**
 * Stores records in the memory of this process, up to a maximum number.
 *
 * It has no lease: within one process, all callers already share one refresh.
 *
 * @throws ConfigError if `maxEntries` is not an integer from 1 to 10 million
 * @example
 * ```ts
 * import { memoryCache } from '@lingpai/cache-memory'
 * import { TokenManager } from '@lingpai/core'
 *
 * const tokens = new TokenManager({ cache: memoryCache() })
 * ```
 */
export function memoryCache({ maxEntries = 10_000, clock = systemClock }: MemoryCacheOptions = {}): MemoryCache {
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1 || maxEntries > mostEntries) {
    throw new ConfigError('memoryCache: "maxEntries" must be an integer from 1 to 10 million', {
      field: 'maxEntries',
      problem: 'malformed',
    })
  }
  const entries = new LRUCache<string, string>({ max: maxEntries })
  return {
    reach: 'process',
    get: (key) => {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      const { value, expiresAtMs } = partsOf(entry)
      if (clock.now() < expiresAtMs) return value
      entries.delete(key)
      return undefined
    },
    set: (key, value, expiresAtMs = Infinity) => {
      if (Number.isNaN(expiresAtMs)) {
        throw new ConfigError('memoryCache: "expiresAtMs" must be a number', {
          field: 'expiresAtMs',
          problem: 'malformed',
        })
      }
      const entry = entryOf(value, expiresAtMs)
      // V8 keeps a text that was built in parts as those parts until it is read, which takes half as much room again.
      entry.charCodeAt(0)
      entries.set(key, entry)
    },
    remove: (key) => {
      entries.delete(key)
    },
    ready: async () => undefined,
  }
}
