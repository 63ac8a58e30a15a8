import { fileCache } from '@lingpai/cache-file'
import { redisCache } from '@lingpai/cache-redis'
import { sqliteCache } from '@lingpai/cache-sqlite'
import type { IAccessTokenCache } from '@lingpai/core'

/** A store that takes longer is not down here, only on a busy machine. */
export const patientMs = 60_000

/** The cache of a store's URL, with all the patience that a busy machine may need. */
export function openStore(url: string): IAccessTokenCache {
  const [, scheme, path = ''] = /^([a-z]+):(.*)$/.exec(url) ?? []
  if (scheme === 'file') return fileCache({ directory: path })
  if (scheme === 'sqlite') return sqliteCache({ path, busyTimeoutMs: patientMs })
  return redisCache({ url, timeoutMs: patientMs })
}
