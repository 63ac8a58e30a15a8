import {
  CacheError,
  ClosedError,
  ConfigError,
  systemClock,
  type Awaitable,
  type CacheLease,
  type CacheReach,
  type IAccessTokenCache,
} from '@lingpai/core'
import { assertReady, holdingProcess } from '@lingpai/core/internal'
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
export function keyvCache({ store, reach, lease, now = systemClock.now }: KeyvCacheOptions): IAccessTokenCache {
  assertStore(store)
  if (!reaches.includes(reach)) throw bad('reach', 'is to be process, host or fleet', reach)
  const guarded = guardStore(
    store,
    (operation) =>
      new CacheError(`keyvCache: the store failed at ${operation}`, { operation, reach, problem: 'failed' }),
  )
  const { run, close } = untilClosed()

  const cache: IAccessTokenCache = {
    reach,
    get: async (key) =>
      run(async () => {
        const text = await guarded.get(entryKey(key))
        const entry = text === undefined || text === damagedText ? undefined : decodeEntry(key, text)
        return entry !== undefined && now() < (entry.expiresAtMs ?? Infinity) ? entry.value : undefined
      }),
    set: async (key, value, expiresAtMs) =>
      run(async () => guarded.set(entryKey(key), encodeEntry(key, { value, expiresAtMs }))),
    remove: async (key) => run(async () => guarded.delete(entryKey(key))),
    ...(lease === undefined
      ? {}
      : {
          lease: {
            take: async (...call) => run(() => lease.take(...call)),
            commit: async (...call) => run(() => lease.commit(...call)),
            release: async (...call) => run(() => lease.release(...call)),
          },
        }),
    ready: async () => assertReady('keyvCache', cache),
    close,
  }
  return cache
}

interface Gate {
  /** Runs a call, or rejects if the gate was closed before. */
  readonly run: <T>(call: () => Awaitable<T>) => Promise<T>
  /** Resolves once the calls that were begun have ended. */
  readonly close: () => Promise<void>
}

function untilClosed(): Gate {
  const running = new Set<Promise<unknown>>()
  let isClosed = false
  return {
    run: async (call) => {
      if (isClosed) throw new ClosedError('keyvCache: the cache was closed')
      const begun = holdingProcess(call)
      running.add(begun)
      try {
        return await begun
      } finally {
        running.delete(begun)
      }
    },
    close: async () => {
      isClosed = true
      await Promise.allSettled(running)
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
