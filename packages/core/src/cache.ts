/** A value or a promise of it. */
export type Awaitable<T> = T | Promise<T>

/** Who sees a write: this process, all processes of this host, or all hosts. */
export type CacheReach = 'process' | 'host' | 'fleet'

/**
 * A store for token records. `get`, `set` and `remove` have the signatures of TNW's cache interface, so its sync (1.x)
 * and async (2.x) cache classes fit unchanged.
 *
 * Keys and values are opaque strings: keys are at most 1 KiB of printable ASCII, values at most 64 KiB of text. A miss
 * (`undefined`, `null` or `''`) and a failure (a rejection or a throw) are different outcomes: a failure that is
 * reported as a miss costs a refresh. The core limits the duration of every call and survives every failure, so an
 * adapter needs neither.
 */
export interface IAccessTokenCache {
  /** Returns the value of `key`, or `undefined`, `null` or `''` if there is none. Rejects if the store cannot tell. */
  get(key: string): Awaitable<string | null | undefined>
  /**
   * Writes immediately and unconditionally. A lease held on `key` stays held.
   *
   * @param expiresAtMs Unix milliseconds from which the entry must not be returned and may be deleted. Without it, the
   * entry is kept until it is removed. The core passes a moment far beyond the token's own expiry, which is part of the
   * value.
   */
  set(key: string, value: string, expiresAtMs?: number): unknown
  /** Removes the entry. Removing a missing entry succeeds. */
  remove(key: string): unknown
  /** Who sees a write. @default 'process' */
  readonly reach?: CacheReach
  /**
   * Present if the store can grant an exclusive lease that expires. Without it, processes may refresh at the same time.
   */
  readonly lease?: CacheLease
  /**
   * Calls `listener` soon after any process wrote an entry, with the key and never with the value. Notifications are
   * hints: they may get lost.
   *
   * @returns a function that ends the subscription
   */
  readonly subscribe?: (listener: (change: CacheChange) => void) => () => void
  /**
   * The store's own clock in Unix milliseconds, for a store that hosts with different clocks share. Records then carry
   * the store's time. It must ask the store on each call. Calls are rare, and the core allows for any moment between
   * request and response.
   * @default the clock of this host
   */
  readonly nowMs?: () => Awaitable<number>
  /**
   * Uses the store as a refresh does, as a check at start-up: `await cache.ready?.()`. Rejects with the problem. If
   * waiting cannot solve it, the error has `retryable: false` and a hint.
   */
  readonly ready?: () => Promise<void>
  /** Releases the resources that the cache itself opened. */
  readonly close?: () => Awaitable<void>
}

/** A write, as reported to subscribers. */
export interface CacheChange {
  /** The key that was written. */
  readonly key: string
  /** The record's generation, if the store knows it. */
  readonly generation?: number
}

/** The exclusive, expiring right to refresh the account of a key, among all processes that share the cache. */
export interface CacheLease {
  /**
   * Takes the lease without waiting. Returns `true` if `holder` has it for the next `ttlMs`. The current holder renews
   * it by taking it again. An expired lease can be taken by any holder.
   */
  take(key: string, holder: string, ttlMs: number): Awaitable<boolean>
  /**
   * Writes the value and releases the lease in one atomic step, but only if no other holder has taken the lease since
   * `holder` took it. Returns `false` if the lease was lost; then nothing was written.
   */
  commit(key: string, holder: string, value: string, expiresAtMs?: number): Awaitable<boolean>
  /** Releases the lease if `holder` still has it; otherwise does nothing. */
  release(key: string, holder: string): unknown
}
