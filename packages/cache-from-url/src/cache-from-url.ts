import type { IAccessTokenCache } from '@lingpai/core'
import type { CacheFromUrlOptions } from './cache-url-options.js'
import { bad, readCacheUrl } from './cache-url.js'
import { loadAdapter } from './load-adapter.js'

/**
 * Opens the cache that a URL names; only the adapter that it needs is loaded.
 *
 * - `memory:` or `memory:?maxEntries=500`
 * - `file:<directory>`, `sqlite:<file>`: relative to `cwd`, `~/…`, absolute, or `file:///…` with percent-encoding
 * - `redis://user:password@host:6379/0`, `rediss://…`, `redis+cluster://host,host`, `redis+sentinel://host,host/<master>`
 *
 * @returns the cache; close it by its `close`, where it has one
 * @throws ConfigError for an unknown scheme, a malformed URL, or an adapter that is not installed, with the command that does
 * so; it quotes no user and no password
 */
export async function cacheFromUrl(url: string, options: CacheFromUrlOptions = {}): Promise<IAccessTokenCache> {
  const { cwd: _, home: __, ...logins } = options
  const read = readCacheUrl(url, options)
  if (read.kind !== 'redis' && Object.values<unknown>(logins).some((login) => login !== undefined))
    throw bad(`${read.kind}: takes no user and no password`, 'unknown')
  switch (read.kind) {
    case 'memory': {
      const { memoryCache } = await loadAdapter.memory()
      const { maxEntries } = read
      return memoryCache(maxEntries === undefined ? {} : { maxEntries })
    }
    case 'file': {
      const { fileCache } = await loadAdapter.file()
      return fileCache({ directory: read.path })
    }
    case 'sqlite': {
      const { sqliteCache } = await loadAdapter.sqlite()
      return sqliteCache({ path: read.path })
    }
    case 'redis': {
      const { redisCache } = await loadAdapter.redis()
      return redisCache({ url: read.url, ...logins })
    }
  }
}
