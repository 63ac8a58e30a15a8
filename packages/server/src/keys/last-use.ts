import type { IAccessTokenCache } from '@lingpai/core'

/** The cache key of a client key's last use. It is in the cache because the keys file may be read-only for the servers. */
export function lastUseKey(id: string): string {
  return `lingpai:key-used:1:${id}`
}

/**
 * Returns when a server on this cache last authenticated a client key, Unix milliseconds, to the minute; `undefined` if unknown.
 *
 * @throws the error of the cache
 *
 * @example
 * ```ts
 * import { redisCache } from '@lingpai/cache-redis'
 * import { readLastUse } from '@lingpai/server'
 *
 * const cache = redisCache({ url: 'redis://127.0.0.1:6379' })
 * const usedAtMs = await readLastUse(cache, 'a1b2c3d4e5')
 * ```
 */
export async function readLastUse(cache: Pick<IAccessTokenCache, 'get'>, id: string): Promise<number | undefined> {
  const text = await cache.get(lastUseKey(id))
  const atMs = Number(text ?? Number.NaN)
  return Number.isSafeInteger(atMs) && atMs > 0 ? atMs : undefined
}
