import type { IAccessTokenCache } from '../cache.js'

/** The kit's cache until one is set: an unlimited Map of this process. */
export function mapCache(): IAccessTokenCache {
  const entries = new Map<string, string>()
  return {
    reach: 'process',
    get: (key) => entries.get(key),
    set: (key, value) => void entries.set(key, value),
    remove: (key) => void entries.delete(key),
  }
}
