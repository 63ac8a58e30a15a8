/** A value, or the promise of one. */
export type Awaitable<T> = T | Promise<T>

/** Who sees a write: this process, all processes of the host, or the whole fleet. */
export type CacheReach = 'process' | 'host' | 'fleet'

/**
 * Where records are kept. The three methods are TNW's, so its sync (1.x) and async (2.x) cache classes fit unchanged.
 *
 * Keys and values are opaque strings to the cache: keys are up to 1 KiB of printable ASCII, values up to 64 KiB of text.
 * A miss (`undefined`, `null` or `''`) and a failure (a rejection or a throw) are different answers: a failure taken for a
 * miss would cost a refresh. The core bounds every call in time and survives every failure, so an adapter needs neither.
 */
export interface IAccessTokenCache {
  /** The value of `key`, or `undefined`, `null` or `''` where there is none. Rejects when the store cannot tell. */
  get(key: string): Awaitable<string | null | undefined>
  /**
   * Writes at once and unconditionally; a lease that is held on `key` stays held.
   *
   * @param expiresAtMs Unix milliseconds from which the entry must not be returned and may be forgotten. Absent: kept for good.
   * The core passes a moment far beyond the token's own expiry, which lives in the value.
   */
  set(key: string, value: string, expiresAtMs?: number): unknown
  /** Forgets the entry; forgetting what is not there is no failure. */
  remove(key: string): unknown
  /** Who sees a write. @default 'process' */
  readonly reach?: CacheReach
  /** Present where the store can hand out an exclusive, expiring lease. Without it, processes may refresh side by side. */
  readonly lease?: CacheLease
  /**
   * Calls `listener` soon after an entry was written by anybody, with its key and never its value; a hint that may get lost.
   *
   * @returns Ends the subscription.
   */
  readonly subscribe?: (listener: (change: CacheChange) => void) => () => void
  /**
   * The store's own clock, Unix milliseconds, where hosts with clocks of their own share it. Records then hold its time. It is
   * to be asked anew each time, which is seldom: the core reckons with any moment between its question and the answer.
   * @default the clock of this host
   */
  readonly nowMs?: () => Awaitable<number>
  /**
   * Uses the store once, for a check at start-up: `await cache.ready?.()`. Rejects with what is wrong; where waiting does not
   * mend it, the error has `retryable: false` and a hint.
   */
  readonly ready?: () => Promise<void>
  /** Gives back what the cache opened itself. */
  readonly close?: () => Awaitable<void>
}

/** What a subscriber is told of a write. */
export interface CacheChange {
  /** The key that was written. */
  readonly key: string
  /** The record's generation, where the store knows it. */
  readonly generation?: number
}

/** The exclusive, expiring right to refresh the account of a key, among all who share the cache. */
export interface CacheLease {
  /**
   * Answers at once, without waiting: `true` when `holder` has the lease for the next `ttlMs`. The present holder renews by
   * taking again. A lease that ran out can be taken by anybody.
   */
  take(key: string, holder: string, ttlMs: number): Awaitable<boolean>
  /**
   * Writes the value and gives the lease back, as one step, only if nobody else has taken the lease since `holder` took it.
   * `false` when the lease was lost: nothing was written.
   */
  commit(key: string, holder: string, value: string, expiresAtMs?: number): Awaitable<boolean>
  /** Gives the lease back if `holder` still has it; otherwise does nothing. */
  release(key: string, holder: string): unknown
}
