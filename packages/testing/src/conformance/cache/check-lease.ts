import assert from 'node:assert/strict'
import { assertMiss, leaseOf, means, nowOf, sampleKey, type AddCacheCheck } from './opened-cache.js'

/** Longer than any check takes. */
const longMs = 30_000
/** Expires when the clock is advanced. */
const shortMs = 1000

/** The lease: exclusive, expiring, fenced. */
export function checkLease(add: AddCacheCheck): void {
  checkTake(add)
  checkRunningOut(add)
  checkCommit(add)
  checkRelease(add)
}

function checkTake(add: AddCacheCheck): void {
  add('a held lease is not given to another holder', ['lease'], async ({ cache }) => {
    const lease = leaseOf(cache)
    assert.equal(await lease.take(sampleKey(), 'holder', longMs), true)
    assert.equal(await lease.take(sampleKey(), 'other', longMs), false)
    assert.equal(await lease.take(sampleKey(), 'holde', longMs), false)
    assert.equal(await lease.take(sampleKey(), 'holder2', longMs), false)
    assert.equal(await lease.take(sampleKey(), 'HOLDER', longMs), false)
  })
  add('the holder renews the lease by taking it again', ['lease'], async ({ cache }) => {
    const lease = leaseOf(cache)
    assert.equal(await lease.take(sampleKey(), 'a', longMs), true)
    assert.equal(await lease.take(sampleKey(), 'a', longMs), true)
    assert.equal(await lease.take(sampleKey(), 'b', longMs), false)
  })
  add('one of 50 concurrent takers wins', ['lease'], async ({ cache }) => {
    const lease = leaseOf(cache)
    const takers = Array.from({ length: 50 }, (_, index) => `taker-${String(index)}`)
    const answers = await Promise.all(takers.map(async (taker) => lease.take(sampleKey(), taker, longMs)))
    assert.equal(answers.filter(Boolean).length, 1)
    const winner = takers[answers.indexOf(true)] ?? ''
    assert.equal(await lease.commit(sampleKey(), winner, winner), true)
    assert.equal(await cache.get(sampleKey()), winner)
  })
  add('each key has a lease of its own', ['lease'], async ({ cache }) => {
    const lease = leaseOf(cache)
    const keys = [sampleKey('wxabc'), sampleKey('wxABC'), sampleKey('wx_bc'), sampleKey('wxab'), 'lingpai']
    for (const key of keys) assert.equal(await lease.take(key, `holder of ${key}`, longMs), true)
    for (const key of keys) assert.equal(await lease.take(key, 'other', longMs), false)
  })
  add('taking a lease creates and changes no entry', ['lease'], async ({ cache }) => {
    const lease = leaseOf(cache)
    await lease.take(sampleKey('empty'), 'a', longMs)
    await assertMiss(cache, sampleKey('empty'))
    await cache.set(sampleKey(), 'one')
    await lease.take(sampleKey(), 'a', longMs)
    assert.equal(await cache.get(sampleKey()), 'one')
    await lease.release(sampleKey(), 'a')
    assert.equal(await cache.get(sampleKey()), 'one')
  })
  add('writing an entry does not affect its lease', ['lease'], async ({ cache }) => {
    const lease = leaseOf(cache)
    await lease.take(sampleKey(), 'a', longMs)
    await cache.set(sampleKey(), 'written by another')
    assert.equal(await lease.take(sampleKey(), 'b', longMs), false)
    assert.equal(await lease.commit(sampleKey(), 'a', 'committed'), true)
    assert.equal(await cache.get(sampleKey()), 'committed')
  })
}

function checkRunningOut(add: AddCacheCheck): void {
  add('a lease expires', ['lease', 'advanceMs'], async (opened) => {
    const lease = leaseOf(opened.cache)
    await lease.take(sampleKey(), 'a', shortMs)
    await means(opened, 'advanceMs')(shortMs + 1)
    assert.equal(await lease.take(sampleKey(), 'b', longMs), true)
    assert.equal(await lease.take(sampleKey(), 'a', longMs), false)
  })
  add('a renewed lease lasts from its renewal', ['lease', 'advanceMs'], async (opened) => {
    const lease = leaseOf(opened.cache)
    await lease.take(sampleKey(), 'a', shortMs)
    await means(opened, 'advanceMs')(shortMs * 0.6)
    assert.equal(await lease.take(sampleKey(), 'a', shortMs), true)
    await means(opened, 'advanceMs')(shortMs * 0.6)
    assert.equal(await lease.take(sampleKey(), 'b', shortMs), false)
  })
  add('one of 20 concurrent takers of an expired lease wins', ['lease', 'advanceMs'], async (opened) => {
    const lease = leaseOf(opened.cache)
    await lease.take(sampleKey(), 'dead', shortMs)
    await means(opened, 'advanceMs')(shortMs + 1)
    const takers = Array.from({ length: 20 }, (_, index) => `taker-${String(index)}`)
    const answers = await Promise.all(takers.map(async (taker) => lease.take(sampleKey(), taker, longMs)))
    assert.equal(answers.filter(Boolean).length, 1)
  })
  add(
    'a commit after a takeover returns false, before and after the newer value is written',
    ['lease', 'advanceMs'],
    async (opened) => {
      const { cache } = opened
      const lease = leaseOf(cache)
      await cache.set(sampleKey(), 'old')
      await lease.take(sampleKey(), 'stalled', shortMs)
      await means(opened, 'advanceMs')(shortMs + 1)
      assert.equal(await lease.take(sampleKey(), 'next', longMs), true)
      assert.equal(await lease.commit(sampleKey(), 'stalled', 'from the stalled one'), false)
      assert.equal(await cache.get(sampleKey()), 'old')
      assert.equal(await lease.commit(sampleKey(), 'next', 'newer'), true)
      assert.equal(await lease.commit(sampleKey(), 'stalled', 'from the stalled one'), false)
      assert.equal(await cache.get(sampleKey()), 'newer')
    },
  )
  add(
    'a commit under an expired lease that was not taken returns whether it wrote',
    ['lease', 'advanceMs'],
    async (opened) => {
      const { cache } = opened
      await cache.set(sampleKey(), 'old')
      await leaseOf(cache).take(sampleKey(), 'slow', shortMs)
      await means(opened, 'advanceMs')(shortMs + 1)
      const committed = await leaseOf(cache).commit(sampleKey(), 'slow', 'new')
      assert.equal(await cache.get(sampleKey()), committed ? 'new' : 'old')
    },
  )
}

function checkCommit(add: AddCacheCheck): void {
  // Feishu's OAuth tokens may have 4 KB, and encryption adds a third.
  for (const [what, value] of [['the value', 'new'] as const, ['a value of 16 KiB', 'x'.repeat(16 * 1024)] as const]) {
    add(`a commit writes ${what}`, ['lease'], async ({ cache }) => {
      await cache.set(sampleKey(), 'old')
      await leaseOf(cache).take(sampleKey(), 'a', longMs)
      assert.equal(await leaseOf(cache).commit(sampleKey(), 'a', value), true)
      assert.equal(await cache.get(sampleKey()), value)
    })
  }
  add('a commit releases the lease', ['lease'], async ({ cache }) => {
    const lease = leaseOf(cache)
    await lease.take(sampleKey(), 'a', longMs)
    await lease.commit(sampleKey(), 'a', 'one')
    assert.equal(await lease.take(sampleKey(), 'b', longMs), true)
    assert.equal(await cache.get(sampleKey()), 'one')
  })
  add('a commit without a lease returns false and writes nothing', ['lease'], async ({ cache }) => {
    const lease = leaseOf(cache)
    assert.equal(await lease.commit(sampleKey(), 'a', 'one'), false)
    await assertMiss(cache, sampleKey())
    await lease.take(sampleKey(), 'a', longMs)
    assert.equal(await lease.commit(sampleKey(), 'b', 'two'), false)
    await assertMiss(cache, sampleKey())
    assert.equal(await lease.commit(sampleKey(), 'a', 'three'), true)
    assert.equal(await lease.commit(sampleKey(), 'a', 'four'), false)
    assert.equal(await cache.get(sampleKey()), 'three')
  })
  add('one of several concurrent commits of a lease writes', ['lease'], async ({ cache }) => {
    const lease = leaseOf(cache)
    await lease.take(sampleKey(), 'a', longMs)
    const values = ['one', 'two', 'three', 'four']
    const answers = await Promise.all(values.map(async (value) => lease.commit(sampleKey(), 'a', value)))
    assert.equal(answers.filter(Boolean).length, 1)
    assert.equal(await cache.get(sampleKey()), values[answers.indexOf(true)])
  })
  add('a committed entry expires', ['lease', 'expiry', 'advanceMs'], async (opened) => {
    const { cache } = opened
    await cache.set(sampleKey(), 'old')
    await leaseOf(cache).take(sampleKey(), 'a', longMs)
    await leaseOf(cache).commit(sampleKey(), 'a', 'new', nowOf(opened) + 1000)
    assert.equal(await cache.get(sampleKey()), 'new')
    await means(opened, 'advanceMs')(1001)
    await assertMiss(cache, sampleKey())
  })
}

function checkRelease(add: AddCacheCheck): void {
  add('a released lease can be taken and no longer commits', ['lease'], async ({ cache }) => {
    const lease = leaseOf(cache)
    await lease.take(sampleKey(), 'a', longMs)
    await lease.release(sampleKey(), 'a')
    assert.equal(await lease.commit(sampleKey(), 'a', 'late'), false)
    assert.equal(await lease.take(sampleKey(), 'b', longMs), true)
    await assertMiss(cache, sampleKey())
  })
  add('a release by another holder does nothing', ['lease'], async ({ cache }) => {
    const lease = leaseOf(cache)
    await lease.release(sampleKey(), 'stranger')
    await lease.take(sampleKey(), 'a', longMs)
    await lease.release(sampleKey(), 'stranger')
    assert.equal(await lease.take(sampleKey(), 'b', longMs), false)
    assert.equal(await lease.commit(sampleKey(), 'a', 'one'), true)
  })
  add('a late release of a lost lease does nothing', ['lease', 'advanceMs'], async (opened) => {
    const lease = leaseOf(opened.cache)
    await lease.take(sampleKey(), 'a', shortMs)
    await means(opened, 'advanceMs')(shortMs + 1)
    await lease.take(sampleKey(), 'b', longMs)
    await lease.release(sampleKey(), 'a')
    assert.equal(await lease.take(sampleKey(), 'c', longMs), false)
    assert.equal(await lease.commit(sampleKey(), 'b', 'one'), true)
  })
}
