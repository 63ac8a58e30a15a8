import { ConfigError, type Awaitable, type CacheLease, type IAccessTokenCache } from '@lingpai/core'
import { isEnvelope, open, seal } from './envelope.js'
import { keyRing, type EncryptionKey, type KeyRing } from './key-ring.js'

/** Options of `encryptedCache`. */
export interface EncryptedCacheOptions {
  /** The first key encrypts, all keys decrypt. One text may contain several keys separated by commas, as in an environment variable. */
  readonly keys: EncryptionKey | readonly EncryptionKey[]
  /** Accepts records that are not encrypted, for the time of a migration; the next write encrypts them. @default false */
  readonly readPlain?: boolean
}

/**
 * Returned for an entry that cannot be decrypted. It is not a valid record, so the core treats the entry as missing and emits a
 * `cache-failed` event with the problem `damaged`. The entry itself stays unchanged until the next record is written.
 */
const unreadable = '!'

/**
 * Encrypts what a cache stores, failure notes included; the keys of entries stay readable. Reach, lease, subscription, clock and
 * `close` are those of `cache`, each present only if `cache` has it.
 *
 * @throws ConfigError naming the option, never a key
 * @example
 * ```ts
 * import { encryptedCache } from '@lingpai/cache-encrypted'
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 *
 * const files = fileCache({ directory: '.lingpai' })
 * const cache = encryptedCache(files, { keys: process.env['LINGPAI_CACHE_KEYS'] ?? '' })
 * const tokens = new TokenManager({ cache })
 * ```
 */
export function encryptedCache(
  cache: IAccessTokenCache,
  { keys, readPlain = false }: EncryptedCacheOptions,
): IAccessTokenCache {
  assertCache(cache)
  const ring = keyRing(keys)
  const { lease, reach } = cache
  return {
    get: async (key) => {
      const text = await cache.get(key)
      if (typeof text !== 'string' || text === '') return undefined
      if (!isEnvelope(text)) return readPlain ? text : unreadable
      return open(ring, key, text) ?? unreadable
    },
    set: async (key, value, expiresAtMs) => {
      await cache.set(key, seal(ring, key, value), expiresAtMs)
    },
    remove: async (key) => {
      await cache.remove(key)
    },
    ...(reach && { reach }),
    ...(lease && { lease: sealedLease(lease, ring) }),
    ...(cache.subscribe && { subscribe: (listener) => cache.subscribe?.(listener) ?? (() => undefined) }),
    ...(cache.nowMs && { nowMs: (): Awaitable<number> => cache.nowMs?.() ?? Number.NaN }),
    ...(cache.ready && { ready: async () => cache.ready?.() }),
    ...(cache.close && { close: (): Awaitable<void> => cache.close?.() }),
  }
}

function sealedLease(lease: CacheLease, ring: KeyRing): CacheLease {
  return {
    take: async (key, holder, ttlMs) => lease.take(key, holder, ttlMs),
    commit: async (key, holder, value, expiresAtMs) => lease.commit(key, holder, seal(ring, key, value), expiresAtMs),
    release: async (key, holder) => {
      await lease.release(key, holder)
    },
  }
}

function assertCache(cache: unknown): void {
  const given = cache as Readonly<Record<string, unknown>> | null | undefined
  if (
    typeof given === 'object' &&
    given !== null &&
    ['get', 'set', 'remove'].every((name) => typeof given[name] === 'function')
  )
    return
  throw new ConfigError('encryptedCache: "cache" must be an object with the methods get, set and remove', {
    field: 'cache',
    problem: given === undefined || given === null ? 'missing' : 'malformed',
  })
}
