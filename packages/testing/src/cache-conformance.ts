import assert from 'node:assert/strict'
import type { Awaitable } from '@lingpai/core'
import { checkEntries } from './cache-conformance-entries.js'
import { checkLease } from './cache-conformance-lease.js'
import { checkStore } from './cache-conformance-store.js'
import type { AddCacheCheck, CacheConformanceGap, OpenedCache } from './opened-cache.js'

export type { CacheConformanceGap, OpenedCache } from './opened-cache.js'

/** The runner's `test`, of jest, vitest, `node:test` or any other: takes a name and a body that rejects on failure. */
export type CacheConformanceTest = (name: string, body: () => Promise<void>) => unknown

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
 * Nothing sleeps: time moves by {@link OpenedCache.advanceMs}. Checks are independent and may run side by side.
 *
 * @param openCache Called once for each check; each time it gives a fresh, empty store.
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
  add('the cache has what it is checked for, and no more', [], (opened) => {
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
  assert.ok(['process', 'host', 'fleet'].includes(reach), `reach "${reach}" is none of process, host and fleet`)
  if (reach !== 'process') assert.ok(!without.includes('reopen'), `reach "${reach}" is to be shown by "reopen"`)
}
