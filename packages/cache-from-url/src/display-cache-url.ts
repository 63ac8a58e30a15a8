import { readCacheUrl } from './cache-url.js'
import type { CacheUrlPlace } from './cache-url-options.js'

/** Matches servers and path only, so that no part of a password with missing percent-encoding can be shown. */
const plainRedis =
  /^(rediss?(?:\+(?:cluster|sentinel))?):\/\/(?:[^/?#@]*@)?((?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?(?:,(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?)*)((?:\/[\w.%-]*)*)$/i

/**
 * Formats a cache URL for display: with an absolute path, and without user and password.
 *
 * A Redis URL that cannot be parsed safely is reduced to its scheme.
 *
 * @throws ConfigError for an unknown scheme or an invalid path
 * @example
 * ```ts
 * import { displayCacheUrl } from '@lingpai/cache-from-url'
 *
 * console.log(displayCacheUrl('redis://user:password@redis.internal:6379/0')) // redis://redis.internal:6379/0
 * ```
 */
export function displayCacheUrl(url: string, place: CacheUrlPlace = {}): string {
  const read = readCacheUrl(url, place)
  if (read.kind === 'memory') return 'memory:'
  if (read.kind !== 'redis') return `${read.kind}:${read.path}`
  const [, scheme, servers, path = ''] = plainRedis.exec(read.url) ?? []
  if (scheme === undefined || servers === undefined) return `${read.url.slice(0, read.url.indexOf(':'))}:`
  return `${scheme}://${servers}${path}`
}
