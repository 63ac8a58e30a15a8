import type { CacheChange, IAccessTokenCache } from '../cache.js'
import { harmlessly } from '../events.js'

/** Dispatches the cache's change notifications by key. All accounts of a manager share one subscription. */
export class ChangeFeed {
  readonly #cache: IAccessTokenCache
  readonly #listeners = new Map<string, Set<(change: CacheChange) => void>>()
  #unsubscribe: (() => void) | undefined

  constructor(cache: IAccessTokenCache) {
    this.#cache = cache
  }

  /** Calls `listener` on each reported write to `key`. @returns a function that removes it */
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

  /** The feed is a hint: without it, changes are only noticed later. */
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
