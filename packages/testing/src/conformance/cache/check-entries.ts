import assert from 'node:assert/strict'
import { assertMiss, means, nowOf, sampleKey, type AddCacheCheck } from './opened-cache.js'

const dayMs = 86_400_000

/** Keys that a careless store mixes up: case, wildcards, prefixes, separators, paths, namespaces. */
const confusableKeys = [
  sampleKey('wxAbC'),
  sampleKey('wxabc'),
  sampleKey('wx_bc'),
  sampleKey('wx%25bc'),
  sampleKey('wx%bc'),
  sampleKey('wx*bc'),
  sampleKey('wx?bc'),
  sampleKey('wx[a]bc'),
  sampleKey('wx'),
  sampleKey('wxabc:1'),
  `${sampleKey('wxabc')}:`,
  `${sampleKey('wxabc')}0`,
  ` ${sampleKey('wxabc')}`,
  `keyv:${sampleKey('wxabc')}`,
  'lingpai:1:wechat-mp',
  'lingpai:1:',
  'lingpai',
  '../../lingpai',
  '..',
  '/etc/passwd',
  'C:\\con',
  '__proto__',
  'constructor',
  "'; drop table keyv; --",
  sampleKey('w'.repeat(900)),
  sampleKey(`${'w'.repeat(899)}v`),
]

/** Values that a careless store truncates, re-encodes or mistakes for its own format. */
const oddValues = [
  'x'.repeat(16 * 1024),
  '令牌🀄\u00e9 \u2028 "quoted" \\ \t \r\n end',
  '{"access_token":"a","expires_in":7200}',
  '{"value":"x","expires":null}',
  '[]',
  'null',
  'undefined',
  '0',
  ' ',
  ':base64:aGVsbG8=',
]

/** Entries: reading, writing, removing, expiring. */
export function checkEntries(add: AddCacheCheck): void {
  add('a key that was never written is a miss', [], async ({ cache }) => {
    await assertMiss(cache, sampleKey())
  })
  add('a written value is read', [], async ({ cache }) => {
    await cache.set(sampleKey(), 'one')
    assert.equal(await cache.get(sampleKey()), 'one')
    assert.equal(await cache.get(sampleKey()), 'one')
  })
  add('a later write replaces an earlier one, shorter or longer', [], async ({ cache }) => {
    for (const value of ['first', 'a second, much longer value', '3']) {
      await cache.set(sampleKey(), value)
      assert.equal(await cache.get(sampleKey()), value)
    }
  })
  add('a removed entry is a miss, and can be written again', [], async ({ cache }) => {
    await cache.set(sampleKey(), 'one')
    await cache.remove(sampleKey())
    await assertMiss(cache, sampleKey())
    await cache.set(sampleKey(), 'two')
    assert.equal(await cache.get(sampleKey()), 'two')
  })
  add('removing a missing entry does not fail', [], async ({ cache }) => {
    await cache.remove(sampleKey())
    await cache.set(sampleKey(), 'one')
    await cache.remove(sampleKey())
    await cache.remove(sampleKey())
    await assertMiss(cache, sampleKey())
  })
  checkContents(add)
  checkExpiry(add)
  checkConcurrency(add)
}

function checkContents(add: AddCacheCheck): void {
  add('values are returned unchanged: 16 KiB, Unicode, quotes, JSON', [], async ({ cache }) => {
    for (const value of oddValues) {
      await cache.set(sampleKey(), value)
      assert.equal(await cache.get(sampleKey()), value)
    }
  })
  add('keys that look alike are different entries', [], async ({ cache }) => {
    const valueOf = (key: string): string => `value of ${key}`
    for (const key of confusableKeys) await cache.set(key, valueOf(key))
    for (const key of confusableKeys) assert.equal(await cache.get(key), valueOf(key))
  })
  add('removing a key does not affect keys that look alike', [], async ({ cache }) => {
    for (const key of confusableKeys) await cache.set(key, key)
    const removed = [sampleKey('wx_bc'), sampleKey('wx%bc'), sampleKey('wx*bc'), sampleKey('wxabc'), 'lingpai:1:']
    for (const key of removed) await cache.remove(key)
    for (const key of confusableKeys) {
      if (removed.includes(key)) await assertMiss(cache, key)
      else assert.equal(await cache.get(key), key)
    }
  })
  add('a hundred keys are stored side by side', [], async ({ cache }) => {
    const keys = Array.from({ length: 100 }, (_, index) => sampleKey(`wx${String(index)}`))
    await Promise.all(keys.map(async (key) => cache.set(key, key)))
    assert.deepEqual(await Promise.all(keys.map(async (key) => cache.get(key))), keys)
  })
}

function checkExpiry(add: AddCacheCheck): void {
  add('an entry is a hit before its expiry', ['expiry'], async (opened) => {
    await opened.cache.set(sampleKey(), 'one', nowOf(opened) + 30 * dayMs)
    assert.equal(await opened.cache.get(sampleKey()), 'one')
  })
  add('an entry whose expiry is past is a miss', ['expiry'], async (opened) => {
    await opened.cache.set(sampleKey(), 'one', nowOf(opened) - 1000)
    await assertMiss(opened.cache, sampleKey())
  })
  add('an entry expires', ['expiry', 'advanceMs'], async (opened) => {
    await opened.cache.set(sampleKey(), 'one', nowOf(opened) + 1000)
    await means(opened, 'advanceMs')(1001)
    await assertMiss(opened.cache, sampleKey())
  })
  add('a write after the expiry is stored', ['expiry', 'advanceMs'], async (opened) => {
    await opened.cache.set(sampleKey(), 'one', nowOf(opened) + 1000)
    await means(opened, 'advanceMs')(1001)
    await opened.cache.set(sampleKey(), 'two', nowOf(opened) + dayMs)
    assert.equal(await opened.cache.get(sampleKey()), 'two')
  })
  add('each write sets its own expiry', ['expiry', 'advanceMs'], async (opened) => {
    const { cache } = opened
    await cache.set(sampleKey('a'), 'one', nowOf(opened) + 1000)
    await cache.set(sampleKey('a'), 'two', nowOf(opened) + dayMs)
    await cache.set(sampleKey('b'), 'one', nowOf(opened) + 1000)
    await cache.set(sampleKey('b'), 'two')
    await cache.set(sampleKey('c'), 'one')
    await cache.set(sampleKey('c'), 'two', nowOf(opened) + 1000)
    await means(opened, 'advanceMs')(1001)
    assert.equal(await cache.get(sampleKey('a')), 'two')
    assert.equal(await cache.get(sampleKey('b')), 'two')
    await assertMiss(cache, sampleKey('c'))
  })
}

function checkConcurrency(add: AddCacheCheck): void {
  add('a reader beside a writer sees the old or the new value, whole', [], async ({ cache }) => {
    const values = ['a'.repeat(16 * 1024), 'b'.repeat(8 * 1024)] as const
    await cache.set(sampleKey(), values[0])
    const writing = (async () => {
      for (let round = 0; round < 20; round++) await cache.set(sampleKey(), values[(round + 1) % 2] ?? '')
    })()
    for (let round = 0; round < 60; round++) {
      const seen = await cache.get(sampleKey())
      assert.ok(seen === values[0] || seen === values[1], `a reader saw ${String(seen?.length)} characters`)
    }
    await writing
    assert.equal(await cache.get(sampleKey()), values[0])
  })
  add('one of many concurrent writes is stored, whole', [], async ({ cache }) => {
    const values = Array.from({ length: 20 }, (_, index) => `${String(index)}:`.repeat(100 + index))
    await Promise.all(values.map(async (value) => cache.set(sampleKey(), value)))
    const stands = await cache.get(sampleKey())
    assert.ok(typeof stands === 'string' && values.includes(stands))
    assert.equal(await cache.get(sampleKey()), stands)
  })
  add('reading an expired entry beside a write does not lose the write', ['expiry'], async (opened) => {
    const { cache } = opened
    for (let round = 0; round < 20; round++) {
      await cache.set(sampleKey(), 'old', nowOf(opened) - 1000)
      await Promise.all([
        cache.get(sampleKey()),
        cache.get(sampleKey()),
        cache.set(sampleKey(), 'new', nowOf(opened) + dayMs),
        cache.get(sampleKey()),
      ])
      assert.equal(await cache.get(sampleKey()), 'new')
    }
  })
}
