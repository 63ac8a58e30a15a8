import type { IAccessTokenCache } from '@lingpai/core'

/** Where the last use of a client key stands: in the cache, as the keys file may be read-only where the servers run. */
export function lastUseKey(id: string): string {
  return `lingpai:key-used:1:${id}`
}

/**
 * When a client key was last let in by a server on this cache, Unix milliseconds, within a minute; `undefined` where that is not known.
 *
 * @throws whatever the cache fails with
 */
export async function readLastUse(cache: Pick<IAccessTokenCache, 'get'>, id: string): Promise<number | undefined> {
  const text = await cache.get(lastUseKey(id))
  const atMs = Number(text ?? Number.NaN)
  return Number.isSafeInteger(atMs) && atMs > 0 ? atMs : undefined
}
