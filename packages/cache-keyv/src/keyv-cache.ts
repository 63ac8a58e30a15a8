import {
  CacheError,
  ClosedError,
  ConfigError,
  systemClock,
  type Clock,
  type Awaitable,
  type CacheLease,
  type CacheReach,
  type IAccessTokenCache,
} from '@lingpai/core'
import { assertReady, holdingProcess } from '@lingpai/core/internal'
import { decodeEntry, encodeEntry, entryKey } from './entry.js'
import { damagedText, guardStore, type KeyvStore } from './keyv-store.js'

/** Options of `keyvCache`. */
export interface KeyvCacheOptions {
  /**
   * A `Keyv`, a storage adapter of Keyv such as `KeyvPostgres`, or a `Map`. The caller opens and closes it. The cache sets its
   * `throwOnErrors`. All processes must pass the same kind of store, because a `Keyv` wraps the stored values of its adapter.
   */
  readonly store: KeyvStore
  /** Who sees a write to the store. It must be declared, because it cannot be detected. */
  readonly reach: CacheReach
  /**
   * The lease of an account, if the store has one. Its `commit` writes the result of `encodeEntry` under the key from `entryKey`.
   * Without a lease, several processes may refresh at the same time.
   */
  readonly lease?: CacheLease
  /** Tells the time, which must be the same for all processes; a test passes its test clock. @default systemClock */
  readonly clock?: Pick<Clock, 'now'>
}

const reaches: readonly unknown[] = ['process', 'host', 'fleet']

/**
 * Stores records in any store of Keyv. A failure of the store rejects and is never a miss. The store receives no time to live, and
 * reading deletes nothing. A damaged entry is a miss, and the next write replaces it.
 *
 * @throws ConfigError if `store` is not a store or `reach` is invalid
 * @example
 * ```ts
 * import { keyvCache } from '@lingpai/cache-keyv'
 * import { TokenManager } from '@lingpai/core'
 *
 * const cache = keyvCache({ store: new Map(), reach: 'process' })
 * const tokens = new TokenManager({ cache })
 * ```
 */
export function keyvCache({ store, reach, lease, clock = systemClock }: KeyvCacheOptions): IAccessTokenCache {
  assertStore(store)
  if (!reaches.includes(reach)) throw bad('reach', 'must be process, host or fleet', reach)
  const guarded = guardStore(
    store,
    (operation) =>
      new CacheError(`keyvCache: the store failed in ${operation}`, { operation, reach, problem: 'failed' }),
  )
  const { run, close } = untilClosed()

  const cache: IAccessTokenCache = {
    reach,
    get: async (key) =>
      run(async () => {
        const text = await guarded.get(entryKey(key))
        const entry = text === undefined || text === damagedText ? undefined : decodeEntry(key, text)
        return entry !== undefined && clock.now() < (entry.expiresAtMs ?? Infinity) ? entry.value : undefined
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
  /** Runs a call, or rejects if the gate is closed. */
  readonly run: <T>(call: () => Awaitable<T>) => Promise<T>
  /** Resolves when the running calls have settled. */
  readonly close: () => Promise<void>
}

function untilClosed(): Gate {
  const running = new Set<Promise<unknown>>()
  let isClosed = false
  return {
    run: async (call) => {
      if (isClosed) throw new ClosedError('keyvCache: the cache is closed')
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
  if (!isStore) throw bad('store', 'must be a Keyv, a storage adapter of Keyv, or a Map', given)
}

function bad(field: string, problem: string, given: unknown): ConfigError {
  const isMissing = given === undefined || given === null
  return new ConfigError(`keyvCache: "${field}" ${problem}`, { field, problem: isMissing ? 'missing' : 'malformed' })
}
