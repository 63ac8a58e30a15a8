import type { IAccessTokenCache } from '@lingpai/core'

interface Entry {
  value?: string
  expiresAtMs?: number
  lease?: { readonly holder: string; readonly untilMs: number }
}

/** The contract of a cache with a lease in its fewest words: the suite is tried on it, and on it broken in each way. */
export function leasedCache(now: () => number = Date.now): IAccessTokenCache & {
  get(key: string): string | undefined
} {
  const entries = new Map<string, Entry>()
  const entryOf = (key: string): Entry => {
    const entry = entries.get(key) ?? {}
    entries.set(key, entry)
    return entry
  }
  const write = (entry: Entry, value: string, expiresAtMs = Infinity): void => {
    Object.assign(entry, { value, expiresAtMs })
  }
  return {
    get: (key) => {
      const { value, expiresAtMs = 0 } = entries.get(key) ?? {}
      return now() < expiresAtMs ? value : undefined
    },
    set: (key, value, expiresAtMs) => {
      write(entryOf(key), value, expiresAtMs)
    },
    remove: (key) => {
      delete entryOf(key).value
    },
    lease: {
      take: (key, holder, ttlMs) => {
        const entry = entryOf(key)
        if (entry.lease && entry.lease.holder !== holder && now() < entry.lease.untilMs) return false
        entry.lease = { holder, untilMs: now() + ttlMs }
        return true
      },
      commit: (key, holder, value, expiresAtMs) => {
        const entry = entryOf(key)
        if (entry.lease?.holder !== holder) return false
        write(entry, value, expiresAtMs)
        delete entry.lease
        return true
      },
      release: (key, holder) => {
        const entry = entryOf(key)
        if (entry.lease?.holder === holder) delete entry.lease
      },
    },
  }
}
