import type { IAccessTokenCache } from '@lingpai/core'

/** A cache without a lease, and what it holds. */
export function plainCache(): { readonly cache: IAccessTokenCache; readonly stored: Map<string, string> } {
  const stored = new Map<string, string>()
  const cache: IAccessTokenCache = {
    get: (key) => stored.get(key),
    set: (key, value) => void stored.set(key, value),
    remove: (key) => void stored.delete(key),
  }
  return { cache, stored }
}
