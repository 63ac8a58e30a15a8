import type { CacheChange, IAccessTokenCache } from '../cache.js'
import { harmlessly } from '../events.js'

/** What the cache tells of writes, by key. One subscription serves all accounts of a manager. */
export class ChangeFeed {
  readonly #cache: IAccessTokenCache
  readonly #listeners = new Map<string, Set<(change: CacheChange) => void>>()
  #unsubscribe: (() => void) | undefined

  constructor(cache: IAccessTokenCache) {
    this.#cache = cache
  }

  /** Calls back on each write to `key` that the cache tells of. @returns Ends it. */
  on(key: string, listener: (change: CacheChange) => void): () => void {
    this.#subscribe()
    const listeners = this.#listeners.get(key) ?? new Set()
    this.#listeners.set(key, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(key)
    }
  }

  close(): void {
    const unsubscribe = this.#unsubscribe
    this.#unsubscribe = undefined
    if (unsubscribe !== undefined) harmlessly(unsubscribe)
  }

  /** The feed is a hint: a store that cannot give it costs promptness, nothing else. */
  #subscribe(): void {
    if (this.#unsubscribe !== undefined || this.#cache.subscribe === undefined) return
    this.#unsubscribe = () => undefined
    harmlessly(() => {
      this.#unsubscribe = this.#cache.subscribe?.((change) => {
        harmlessly(() => {
          for (const listener of [...(this.#listeners.get(change.key) ?? [])]) listener(change)
        })
      })
    })
  }
}
