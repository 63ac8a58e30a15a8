import assert from 'node:assert/strict'
import type { Awaitable } from '@lingpai/core'
import { checkEntries } from './check-entries.js'
import { checkLease } from './check-lease.js'
import { checkStore } from './check-store.js'
import type { AddCacheCheck, CacheConformanceGap, OpenedCache } from './opened-cache.js'

export type { CacheConformanceGap, OpenedCache } from './opened-cache.js'

/** The `test` function of jest, vitest, `node:test` or another runner: takes a name and a body that rejects on failure. */
export type CacheConformanceTest = (name: string, body: () => Promise<void>) => unknown

/** Options of `cacheConformance`. */
export interface CacheConformanceOptions {
  /**
   * Capabilities that the cache does not have. All others are required, and a cache that has a listed one fails too, so that no check
   * is skipped unnoticed.
   *
   * @default []
   */
  readonly without?: readonly CacheConformanceGap[]
}

/**
 * Registers tests that check the contract of `IAccessTokenCache`, with any test runner.
 *
 * The checks do not sleep: time moves by {@link OpenedCache.advanceMs}. They are independent and may run concurrently.
 *
 * @param openCache called once per check; must return a new, empty store
 * @example
 * ```ts
 * import { memoryCache } from '@lingpai/cache-memory'
 * import { cacheConformance } from '@lingpai/testing/conformance'
 * import { test } from 'node:test'
 *
 * let nowMs = Date.now()
 * cacheConformance(
 *   test,
 *   () => ({
 *     cache: memoryCache({ clock: { now: () => nowMs } }),
 *     nowMs: () => nowMs,
 *     advanceMs: (ms) => void (nowMs += ms),
 *     close: () => undefined,
 *   }),
 *   { without: ['lease', 'subscribe', 'close', 'reopen', 'damage', 'breakStore'] },
 * )
 * ```
 */
export function cacheConformance(
  test: CacheConformanceTest,
  openCache: () => Awaitable<OpenedCache>,
  { without = [] }: CacheConformanceOptions = {},
): void {
  const add: AddCacheCheck = (name, needs, body) => {
    if (needs.some((need) => without.includes(need))) return
    test(name, async () => {
      const opened = await openCache()
      try {
        await body(opened)
      } finally {
        await opened.close()
      }
    })
  }
  add('the cache has exactly the capabilities that are checked', [], (opened) => {
    assertDeclared(opened, without)
    return Promise.resolve()
  })
  checkEntries(add)
  checkLease(add)
  checkStore(add)
}

function assertDeclared({ cache, ...means }: OpenedCache, without: readonly CacheConformanceGap[]): void {
  for (const name of ['lease', 'subscribe', 'close'] as const) {
    assert.equal(cache[name] !== undefined, !without.includes(name), `"${name}" of the cache and "without" disagree`)
  }
  for (const name of ['reopen', 'damage', 'breakStore', 'advanceMs'] as const) {
    assert.equal(means[name] !== undefined, !without.includes(name), `"${name}" of openCache and "without" disagree`)
  }
  const reach = cache.reach ?? 'process'
  assert.ok(['process', 'host', 'fleet'].includes(reach), `reach "${reach}" must be process, host or fleet`)
  if (reach !== 'process') assert.ok(!without.includes('reopen'), `reach "${reach}" requires "reopen"`)
}
