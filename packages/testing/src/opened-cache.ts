import assert from 'node:assert/strict'
import type { Awaitable, CacheLease, IAccessTokenCache } from '@lingpai/core'

/** A fresh, empty store with one cache on it, and the means to bring about what a store meets in life. */
export interface OpenedCache {
  readonly cache: IAccessTokenCache
  /** Opens another cache on the same store, as a second process would. {@link OpenedCache.close} closes it too. */
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

/** The means of an {@link OpenedCache} that a check may need. */
export type CacheMeans = 'reopen' | 'damage' | 'breakStore' | 'advanceMs'

/** Registers one check, left out when one of its `needs` is a declared gap. */
export type AddCacheCheck = (
  name: string,
  needs: readonly CacheConformanceGap[],
  body: (opened: OpenedCache) => Promise<void>,
) => void

/** The means `name`; fails the check when `openCache` does not give it. */
export function means<N extends CacheMeans>(opened: OpenedCache, name: N): NonNullable<OpenedCache[N]> {
  const found = opened[name]
  assert.ok(found, `openCache gives no "${name}"; give it, or name "${name}" in "without"`)
  return found
}

/** The lease; fails the check when the cache has none. */
export function leaseOf(cache: IAccessTokenCache): CacheLease {
  assert.ok(cache.lease, 'the cache has no lease; name "lease" in "without" if that is meant')
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

/** Fails unless `cache` has nothing under `key`, in one of the three ways of saying so. */
export async function assertMiss(cache: IAccessTokenCache, key: string): Promise<void> {
  const found = await cache.get(key)
  assert.ok(found === undefined || found === null || found === '', 'expected a miss, the cache gave a value')
}

/** Fails unless `call` throws or rejects. */
export async function assertFails(name: string, call: () => unknown): Promise<void> {
  let failed = false
  try {
    await call()
  } catch {
    failed = true
  }
  assert.ok(failed, `${name} answered although the store cannot tell`)
}
