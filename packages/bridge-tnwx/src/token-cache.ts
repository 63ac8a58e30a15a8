import type { BridgedSources } from './bridged-sources.js'
import type { TnwxCache } from './tnwx.js'
import type { TnwxEntry } from './tnwx-entry.js'

/** A cache in which TNW finds a usable token of each bridged app, so that it requests none. Other entries stay in TNW's cache. */
export function tokenCache(inner: TnwxCache, kit: TnwxEntry['kit'], sources: BridgedSources): TnwxCache {
  return {
    get: async (key) => {
      const fields = await sources.fieldsAt(kit, key)
      return fields === undefined ? inner.get(key) : JSON.stringify(fields)
    },
    // What TNW stores of a bridged app came from its source.
    set: async (key, jsonValue) => (sources.has(kit, key) ? undefined : inner.set(key, jsonValue)),
    remove: async (key) => (sources.has(kit, key) ? undefined : inner.remove(key)),
  }
}
