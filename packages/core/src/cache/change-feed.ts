import type { CacheChange, IAccessTokenCache } from '../cache.js'
import { harmlessly } from '../events.js'

/** A listener for writes to one key. */
export type ChangeListener = (change: CacheChange) => void

const nothing = (): void => undefined

/** Dispatches the cache's change notifications by key. All accounts of a manager share one subscription. */
export class ChangeFeed {
  readonly #cache: IAccessTokenCache
  readonly #listeners = new Map<string, readonly ChangeListener[]>()
  #unsubscribe: (() => void) | undefined

  constructor(cache: IAccessTokenCache) {
    this.#cache = cache
  }

  /** Calls `listener` on each reported write to `key`. @returns a function that removes it */
  on(key: string, listener: ChangeListener): () => void {
    // Most accounts of a process use a cache that reports nothing: they cost nothing here.
    if (this.#cache.subscribe === undefined) return nothing
    this.#subscribe()
    this.#listeners.set(key, [...(this.#listeners.get(key) ?? []), listener])
    return () => {
      const left = (this.#listeners.get(key) ?? []).filter((one) => one !== listener)
      if (left.length === 0) this.#listeners.delete(key)
      else this.#listeners.set(key, left)
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
          for (const listener of this.#listeners.get(change.key) ?? []) listener(change)
        })
      })
    })
  }
}
