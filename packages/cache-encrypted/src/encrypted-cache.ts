import { ConfigError, type Awaitable, type CacheLease, type IAccessTokenCache } from '@lingpai/core'
import { isEnvelope, open, seal } from './envelope.js'
import { keyRing, type EncryptionKey, type KeyRing } from './key-ring.js'

/** By which keys, and what to do with what is not encrypted. */
export interface EncryptedCacheOptions {
  /** The first encrypts, all decrypt. A text may hold several, separated by commas: one environment variable is enough. */
  readonly keys: EncryptionKey | readonly EncryptionKey[]
  /** Takes records that are not encrypted as they are, for the time of a change-over; the next write encrypts. @default false */
  readonly readPlain?: boolean
}

/**
 * What an entry that cannot be opened is given as: no record, so that the core counts it as missing and tells it by a
 * `cache-failed` event with the problem `damaged`. The entry itself stays as it is until the next record is written.
 */
const unreadable = '!'

/**
 * Encrypts what a cache keeps, failure notes included; keys of entries stay readable. Reach, lease, subscription, clock and
 * `close` are those of `cache`, each only where it has them.
 *
 * @throws ConfigError naming the option, never a key
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
  throw new ConfigError('encryptedCache: cache is to be an object with the methods get, set and remove', {
    field: 'cache',
    problem: given === undefined || given === null ? 'missing' : 'malformed',
  })
}
