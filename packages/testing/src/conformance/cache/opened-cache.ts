import assert from 'node:assert/strict'
import type { Awaitable, CacheLease, IAccessTokenCache } from '@lingpai/core'

/** A cache on a new, empty store, and the means to simulate what can happen to the store. */
export interface OpenedCache {
  readonly cache: IAccessTokenCache
  /** Opens another cache on the same store, as a second process would. {@link OpenedCache.close} closes it too. */
  readonly reopen?: () => Awaitable<IAccessTokenCache>
  /** Makes the stored value of `key` unreadable: garbage in a file, a row or a value. */
  readonly damage?: (key: string) => Awaitable<void>
  /** Makes the store permanently unavailable: server down, disk gone, path blocked. */
  readonly breakStore?: () => Awaitable<void>
  /** The cache's clock in Unix milliseconds. @default Date.now */
  readonly nowMs?: () => number
  /** Advances the cache's clock; a store with its own clock may really wait. */
  readonly advanceMs?: (ms: number) => Awaitable<void>
  /** Closes everything that was opened, and removes the store. */
  readonly close: () => Awaitable<void>
}

/** A capability that a cache does not have, or that its {@link OpenedCache} cannot provide. */
export type CacheConformanceGap =
  'expiry' | 'lease' | 'subscribe' | 'close' | 'reopen' | 'damage' | 'breakStore' | 'advanceMs'

/** The members of an {@link OpenedCache} that a check may need. */
export type CacheMeans = 'reopen' | 'damage' | 'breakStore' | 'advanceMs'

/** Registers a check; skipped if one of its `needs` is a declared gap. */
export type AddCacheCheck = (
  name: string,
  needs: readonly CacheConformanceGap[],
  body: (opened: OpenedCache) => Promise<void>,
) => void

/** Returns the member `name`; fails the check if `openCache` does not provide it. */
export function means<N extends CacheMeans>(opened: OpenedCache, name: N): NonNullable<OpenedCache[N]> {
  const found = opened[name]
  assert.ok(found, `openCache does not return "${name}"; return it, or list "${name}" in "without"`)
  return found
}

/** Returns the lease; fails the check if the cache has none. */
export function leaseOf(cache: IAccessTokenCache): CacheLease {
  assert.ok(cache.lease, 'the cache has no lease; list "lease" in "without" if that is intended')
  return cache.lease
}

/** Unix milliseconds by the cache's clock. */
export function nowOf(opened: OpenedCache): number {
  return opened.nowMs?.() ?? Date.now()
}

/** A key as the core makes it. */
export function sampleKey(id = 'wx0123456789abcdef'): string {
  return `lingpai:1:wechat-mp:app:https%3A%2F%2Fapi.weixin.qq.com:${id}:5d41402abc4b2a76`
}

/** Fails if `cache` has a value under `key`. A miss has three representations. */
export async function assertMiss(cache: IAccessTokenCache, key: string): Promise<void> {
  const found = await cache.get(key)
  assert.ok(found === undefined || found === null || found === '', 'expected a miss, the cache returned a value')
}

/** Fails unless `call` throws or rejects. */
export async function assertFails(name: string, call: () => unknown): Promise<void> {
  let failed = false
  try {
    await call()
  } catch {
    failed = true
  }
  assert.ok(failed, `${name} resolved although the store is unavailable`)
}
