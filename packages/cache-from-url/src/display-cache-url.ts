import { readCacheUrl } from './cache-url.js'
import type { CacheUrlPlace } from './cache-url-options.js'

/** Servers and path, and nothing that could be a piece of a password with a forgotten percent-encoding. */
const plainRedis =
  /^(rediss?(?:\+(?:cluster|sentinel))?):\/\/(?:[^/?#@]*@)?((?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?(?:,(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?)*)((?:\/[\w.%-]*)*)$/i

/**
 * A cache's URL as it may be shown: its path absolute, without user and password.
 *
 * A Redis URL that cannot be read safely is shown as its scheme alone.
 *
 * @throws ConfigError for an unknown scheme or a path that is none
 */
export function displayCacheUrl(url: string, place: CacheUrlPlace = {}): string {
  const read = readCacheUrl(url, place)
  if (read.kind === 'memory') return 'memory:'
  if (read.kind !== 'redis') return `${read.kind}:${read.path}`
  const [, scheme, servers, path = ''] = plainRedis.exec(read.url) ?? []
  if (scheme === undefined || servers === undefined) return `${read.url.slice(0, read.url.indexOf(':'))}:`
  return `${scheme}://${servers}${path}`
}
