import type { IAccessTokenCache } from '@lingpai/core'

/** A store that takes longer is not down here, only on a busy machine. */
export const patientMs = 60_000

/**
 * Opens the cache of a store's URL, with all the patience that a busy machine may need. Only the adapter of the URL is loaded:
 * to load all of them takes a process longer than its test.
 */
export async function openStore(url: string): Promise<IAccessTokenCache> {
  const [, scheme, path = ''] = /^([a-z]+):(.*)$/.exec(url) ?? []
  if (scheme === 'file') {
    const { fileCache } = await import('@lingpai/cache-file')
    return fileCache({ directory: path })
  }
  if (scheme === 'sqlite') {
    const { sqliteCache } = await import('@lingpai/cache-sqlite')
    return sqliteCache({ path, busyTimeoutMs: patientMs })
  }
  const { redisCache } = await import('@lingpai/cache-redis')
  return redisCache({ url, timeoutMs: patientMs })
}
