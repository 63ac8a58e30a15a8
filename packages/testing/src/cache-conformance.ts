import type { Awaitable, IAccessTokenCache } from '@lingpai/core'

/** The runner's `test`, of jest, vitest, `node:test` or any other: takes a name and a body that rejects on failure. */
export type CacheConformanceTest = (name: string, body: () => Promise<void>) => unknown

/** A fresh, empty store with one cache on it, and the means to bring about what a store meets in life. */
export interface OpenedCache {
  readonly cache: IAccessTokenCache
  /** Opens another cache on the same store, as a second process would. The caller's {@link close} closes it too. */
  readonly reopen?: () => Awaitable<IAccessTokenCache>
  /** Makes what the store holds for `key` unreadable: garbage in a file, a row or a value. */
  readonly damage?: (key: string) => Awaitable<void>
  /** Takes the store away for good, so that it can answer nothing: server down, disk gone, path blocked. */
  readonly breakStore?: () => Awaitable<void>
  /** The cache's clock, Unix milliseconds. @default Date.now */
  readonly nowMs?: () => number
  /** Moves the cache's clock forward; a store with a clock of its own may really wait. */
  readonly advanceMs?: (ms: number) => Awaitable<void>
  /** Closes all that was opened and removes the store. */
  readonly close: () => Awaitable<void>
}

/** Something that a cache does not do, or that its {@link OpenedCache} cannot bring about. */
export type CacheConformanceGap =
  'expiry' | 'lease' | 'subscribe' | 'close' | 'reopen' | 'damage' | 'breakStore' | 'advanceMs'

/** What to check. */
export interface CacheConformanceOptions {
  /**
   * What is left out. Everything not named is demanded, and a cache that has what is named here fails as well, so that no
   * check is ever left out unseen.
   *
   * @default []
   */
  readonly without?: readonly CacheConformanceGap[]
}

/**
 * Checks that a cache keeps the contract of `IAccessTokenCache`, with whichever test runner.
 *
 * @param openCache Called once for each check; each time it gives a fresh, empty store.
 */
export function cacheConformance(
  test: CacheConformanceTest,
  openCache: () => Awaitable<OpenedCache>,
  options: CacheConformanceOptions = {},
): void {
  void [test, openCache, options]
}
