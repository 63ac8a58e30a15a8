import assert from 'node:assert/strict'
import { holdingProcess } from '@lingpai/core/internal'
import { assertFails, assertMiss, leaseOf, means, sampleKey, type AddCacheCheck } from './opened-cache.js'

const longMs = 30_000

/** The store behind the cache: shared, damaged, down, closed. */
export function checkStore(add: AddCacheCheck): void {
  checkSharing(add)
  checkDamage(add)
  checkOutage(add)
  checkSubscription(add)
  checkClosing(add)
}

function checkSharing(add: AddCacheCheck): void {
  add('a second cache on the store sees writes and removals at once', ['reopen'], async (opened) => {
    const first = opened.cache
    const second = await means(opened, 'reopen')()
    await first.set(sampleKey(), 'one')
    assert.equal(await second.get(sampleKey()), 'one')
    await second.set(sampleKey(), 'two')
    assert.equal(await first.get(sampleKey()), 'two')
    await first.remove(sampleKey())
    await assertMiss(second, sampleKey())
  })
  add('caches on one store that write at once end up agreeing', ['reopen'], async (opened) => {
    const caches = [opened.cache, await means(opened, 'reopen')()]
    const values = Array.from({ length: 10 }, (_, index) => `${String(index)}:`.repeat(100 + index))
    await Promise.all(values.map(async (value, index) => caches[index % 2]?.set(sampleKey(), value)))
    const [one, other] = await Promise.all(caches.map(async (cache) => cache.get(sampleKey())))
    assert.ok(typeof one === 'string' && values.includes(one))
    assert.equal(other, one)
  })
  add('a lease taken through one cache is held against the other', ['reopen', 'lease'], async (opened) => {
    const first = leaseOf(opened.cache)
    const second = leaseOf(await means(opened, 'reopen')())
    assert.equal(await first.take(sampleKey(), 'a', longMs), true)
    assert.equal(await second.take(sampleKey(), 'b', longMs), false)
    assert.equal(await second.commit(sampleKey(), 'b', 'two'), false)
    assert.equal(await first.commit(sampleKey(), 'a', 'one'), true)
    assert.equal(await second.take(sampleKey(), 'b', longMs), true)
    assert.equal(await opened.cache.get(sampleKey()), 'one')
  })
  add('one of 50 concurrent takers through two caches wins', ['reopen', 'lease'], async (opened) => {
    const leases = [leaseOf(opened.cache), leaseOf(await means(opened, 'reopen')())]
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, index) =>
        leases[index % 2]?.take(sampleKey(), `taker-${String(index)}`, longMs),
      ),
    )
    assert.equal(answers.filter(Boolean).length, 1)
  })
}

function checkDamage(add: AddCacheCheck): void {
  add('a damaged entry is a miss, and the next write replaces it', ['damage'], async (opened) => {
    const { cache } = opened
    await cache.set(sampleKey(), 'one')
    await cache.set(sampleKey('other'), 'other')
    await means(opened, 'damage')(sampleKey())
    await assertMiss(cache, sampleKey())
    assert.equal(await cache.get(sampleKey('other')), 'other')
    await cache.set(sampleKey(), 'two')
    assert.equal(await cache.get(sampleKey()), 'two')
  })
  add('a damaged entry can be removed', ['damage'], async (opened) => {
    await opened.cache.set(sampleKey(), 'one')
    await means(opened, 'damage')(sampleKey())
    await opened.cache.remove(sampleKey())
    await assertMiss(opened.cache, sampleKey())
  })
  add('a damaged entry can be leased and replaced by a commit', ['damage', 'lease'], async (opened) => {
    const lease = leaseOf(opened.cache)
    await opened.cache.set(sampleKey(), 'one')
    await means(opened, 'damage')(sampleKey())
    assert.equal(await lease.take(sampleKey(), 'a', longMs), true)
    assert.equal(await lease.take(sampleKey(), 'b', longMs), false)
    await assertMiss(opened.cache, sampleKey())
    assert.equal(await lease.commit(sampleKey(), 'a', 'two'), true)
    assert.equal(await opened.cache.get(sampleKey()), 'two')
  })
}

function checkOutage(add: AddCacheCheck): void {
  add('a store that is down is a failure, not a miss', ['breakStore'], async (opened) => {
    const { cache } = opened
    await cache.set(sampleKey(), 'one')
    await means(opened, 'breakStore')()
    await assertFails('get', () => cache.get(sampleKey()))
    await assertFails('set', () => cache.set(sampleKey(), 'two'))
    await assertFails('remove', () => cache.remove(sampleKey()))
  })
  add('a store that is down gives no lease and commits nothing', ['breakStore', 'lease'], async (opened) => {
    const lease = leaseOf(opened.cache)
    await lease.take(sampleKey(), 'a', longMs)
    await means(opened, 'breakStore')()
    await assertFails('take', () => lease.take(sampleKey(), 'b', longMs))
    await assertFails('commit', () => lease.commit(sampleKey(), 'a', 'one'))
  })
}

function checkSubscription(add: AddCacheCheck): void {
  add('a subscriber receives the key of a write', ['subscribe'], async ({ cache }) => {
    assert.ok(cache.subscribe, 'the cache has no "subscribe"; list it in "without" if that is intended')
    const { subscribe } = cache
    const told = new Promise<string>((resolve) => {
      subscribe((change) => {
        resolve(change.key)
      })
    })
    await cache.set(sampleKey(), 'one')
    assert.equal(await holdingProcess(() => told), sampleKey())
  })
  add('a subscriber receives writes through another cache', ['subscribe', 'reopen'], async (opened) => {
    assert.ok(opened.cache.subscribe, 'the cache has no "subscribe"')
    const { subscribe } = opened.cache
    const second = await means(opened, 'reopen')()
    let ended = 0
    const told = new Promise<string>((resolve) => {
      const end = subscribe(() => ended++)
      subscribe((change) => {
        resolve(change.key)
      })
      end()
    })
    await second.set(sampleKey(), 'one')
    assert.equal(await holdingProcess(() => told), sampleKey())
    assert.equal(ended, 0, 'a listener was called after its subscription had ended')
  })
}

function checkClosing(add: AddCacheCheck): void {
  add('calls of a closed cache fail, and closing it twice does not', ['close'], async ({ cache }) => {
    await cache.set(sampleKey(), 'one')
    await cache.close?.()
    await cache.close?.()
    await assertFails('get', () => cache.get(sampleKey()))
    await assertFails('set', () => cache.set(sampleKey(), 'two'))
    await assertFails('remove', () => cache.remove(sampleKey()))
    const { lease } = cache
    if (lease) await assertFails('take', () => lease.take(sampleKey(), 'a', longMs))
  })
  add('written values are stored after closing', ['close', 'reopen'], async (opened) => {
    const second = await means(opened, 'reopen')()
    await opened.cache.set(sampleKey(), 'one')
    await opened.cache.close?.()
    assert.equal(await second.get(sampleKey()), 'one')
  })
}
