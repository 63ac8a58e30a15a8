import { ConfigError, systemClock, type IAccessTokenCache } from '@lingpai/core'
import { LRUCache } from 'lru-cache'

/** How large the cache may grow, and by which clock entries expire. */
export interface MemoryCacheOptions {
  /** Entries kept; beyond it, the least recently used one is dropped. At most 10 million. @default 10_000 */
  readonly maxEntries?: number
  /** Wall clock, Unix milliseconds. @default Date.now */
  readonly now?: () => number
}

/** A cache of this process: its methods are synchronous, and what it holds ends with the process. */
export interface MemoryCache extends IAccessTokenCache {
  get(key: string): string | undefined
  set(key: string, value: string, expiresAtMs?: number): void
  remove(key: string): void
  readonly reach: 'process'
}

/** The index is allocated at once: a slip of some zeros is not to end the process. */
const mostEntries = 10_000_000

interface Entry {
  readonly value: string
  readonly expiresAtMs: number
}

/**
 * Records in the memory of this process, bounded.
 *
 * It has no lease: within one process the core already makes one refresh for all callers.
 *
 * @throws ConfigError when `maxEntries` is not a whole number from 1 to 10 million, or an `expiresAtMs` is no number.
 */
export function memoryCache({ maxEntries = 10_000, now = systemClock.now }: MemoryCacheOptions = {}): MemoryCache {
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1 || maxEntries > mostEntries) {
    throw new ConfigError('memoryCache: maxEntries is to be a whole number from 1 to 10 million', {
      field: 'maxEntries',
      problem: 'malformed',
    })
  }
  const entries = new LRUCache<string, Entry>({ max: maxEntries })
  return {
    reach: 'process',
    get: (key) => {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      if (now() < entry.expiresAtMs) return entry.value
      entries.delete(key)
      return undefined
    },
    set: (key, value, expiresAtMs = Infinity) => {
      if (Number.isNaN(expiresAtMs)) {
        throw new ConfigError('memoryCache: expiresAtMs is no number', { field: 'expiresAtMs', problem: 'malformed' })
      }
      entries.set(key, { value, expiresAtMs })
    },
    remove: (key) => {
      entries.delete(key)
    },
    ready: async () => undefined,
  }
}
