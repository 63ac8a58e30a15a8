import type { IAccessTokenCache } from '@lingpai/core'
import type { CacheFromUrlOptions } from './cache-url-options.js'
import { bad, readCacheUrl } from './cache-url.js'
import { loadAdapter } from './load-adapter.js'

/**
 * Creates the cache that a URL describes, and loads only its adapter.
 *
 * - `memory:` or `memory:?maxEntries=500`
 * - `file:<directory>`, `sqlite:<file>`: relative to `cwd`, `~/…`, absolute, or `file:///…` with percent-encoding
 * - `redis://user:password@host:6379/0`, `rediss://…`, `redis+cluster://host,host`, `redis+sentinel://host,host/<master>`
 *
 * @returns the cache; call its `close` when done, if it has one
 * @throws ConfigError for an unknown scheme, a malformed URL, or an adapter that is not installed, with the command to install it.
 * The error contains neither user nor password
 * @example
 * ```ts
 * import { cacheFromUrl } from '@lingpai/cache-from-url'
 * import { TokenManager } from '@lingpai/core'
 *
 * const cache = await cacheFromUrl(process.env['LINGPAI_CACHE'] ?? 'memory:')
 * const tokens = new TokenManager({ cache })
 * ```
 */
export async function cacheFromUrl(url: string, options: CacheFromUrlOptions = {}): Promise<IAccessTokenCache> {
  const { cwd: _, home: __, ...logins } = options
  const read = readCacheUrl(url, options)
  if (read.kind !== 'redis' && Object.values<unknown>(logins).some((login) => login !== undefined))
    throw bad(`${read.kind}: must not have a user or a password`, 'unknown')
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
