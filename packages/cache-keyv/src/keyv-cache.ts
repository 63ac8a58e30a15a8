import {
  CacheError,
  ClosedError,
  ConfigError,
  type CacheLease,
  type CacheReach,
  type IAccessTokenCache,
} from '@lingpai/core'
import { decodeEntry, encodeEntry, entryKey } from './entry.js'
import { damagedText, guardStore, type KeyvStore } from './keyv-store.js'

/** Which store, and who shares it. */
export interface KeyvCacheOptions {
  /**
   * A `Keyv`, a storage adapter of Keyv such as `KeyvPostgres`, or a `Map`; opened, and closed, by whoever made it. Its
   * `throwOnErrors` is switched on. All processes hand in the same kind: a `Keyv` wraps what its adapter stores once more.
   */
  readonly store: KeyvStore
  /** Who sees a write to the store: nothing can find that out. */
  readonly reach: CacheReach
  /**
   * The exclusive right to refresh, where there is one for this store. Its `commit` writes what `encodeEntry` gives, under
   * what `entryKey` gives. Without it, processes may refresh side by side.
   */
  readonly lease?: CacheLease
  /** Wall clock, Unix milliseconds, the same for all processes. @default Date.now */
  readonly now?: () => number
}

const reaches: readonly unknown[] = ['process', 'host', 'fleet']

/**
 * Records in any store of Keyv. A failure of the store rejects and is never a miss; the store is given no time to live, and a
 * reader deletes nothing; damaged entries are a miss, and the next write heals them.
 *
 * @throws ConfigError when `store` is no store, or `reach` is not one of the three.
 */
export function keyvCache({ store, reach, lease, now = Date.now }: KeyvCacheOptions): IAccessTokenCache {
  assertStore(store)
  if (!reaches.includes(reach)) throw bad('reach', 'is to be process, host or fleet', reach)
  const guarded = guardStore(
    store,
    (operation) =>
      new CacheError(`keyvCache: the store failed at ${operation}`, { operation, reach, problem: 'failed' }),
  )
  let isClosed = false
  const assertOpen = (): void => {
    if (isClosed) throw new ClosedError('keyvCache: the cache was closed')
  }

  return {
    reach,
    get: async (key) => {
      assertOpen()
      const text = await guarded.get(entryKey(key))
      const entry = text === undefined || text === damagedText ? undefined : decodeEntry(key, text)
      return entry !== undefined && now() < (entry.expiresAtMs ?? Infinity) ? entry.value : undefined
    },
    set: async (key, value, expiresAtMs) => {
      assertOpen()
      await guarded.set(entryKey(key), encodeEntry(key, { value, expiresAtMs }))
    },
    remove: async (key) => {
      assertOpen()
      await guarded.delete(entryKey(key))
    },
    ...(lease === undefined ? {} : { lease: whileOpen(lease, assertOpen) }),
    close: () => {
      isClosed = true
    },
  }
}

function whileOpen(lease: CacheLease, assertOpen: () => void): CacheLease {
  return {
    take: async (...call) => {
      assertOpen()
      return lease.take(...call)
    },
    commit: async (...call) => {
      assertOpen()
      return lease.commit(...call)
    },
    release: async (...call) => {
      assertOpen()
      await lease.release(...call)
    },
  }
}

function assertStore(store: unknown): void {
  const given = store as Readonly<Record<string, unknown>> | null | undefined
  const isStore =
    typeof given === 'object' &&
    given !== null &&
    ['get', 'set', 'delete'].every((name) => typeof given[name] === 'function')
  if (!isStore) throw bad('store', 'is to be a Keyv, a storage adapter of Keyv, or a Map', given)
}

function bad(field: string, problem: string, given: unknown): ConfigError {
  const isMissing = given === undefined || given === null
  return new ConfigError(`keyvCache: ${field} ${problem}`, { field, problem: isMissing ? 'missing' : 'malformed' })
}
