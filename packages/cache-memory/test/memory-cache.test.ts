import { memoryCache } from '@lingpai/cache-memory'

test('beyond maxEntries the least recently used entry is dropped', () => {
  const cache = memoryCache({ maxEntries: 3 })
  for (const key of ['a', 'b', 'c']) cache.set(key, key)
  expect(cache.get('a')).toBe('a')
  cache.set('d', 'd')
  expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual(['a', undefined, 'c', 'd'])
})

test('the default limit is ten thousand entries', () => {
  const cache = memoryCache()
  for (let index = 0; index <= 10_000; index++) cache.set(String(index), 'value')
  expect(cache.get('0')).toBeUndefined()
  expect(cache.get('1')).toBe('value')
  expect(cache.get('10000')).toBe('value')
})

test('the methods of memoryCache() are synchronous', () => {
  const cache = memoryCache()
  cache.set('key', 'value')
  expect(cache.get('key')).toBe('value')
  cache.remove('key')
  expect(cache.get('key')).toBeUndefined()
})

test('an entry is not returned at the very moment of its expiry', () => {
  let nowMs = 1000
  const cache = memoryCache({ clock: { now: () => nowMs } })
  cache.set('key', 'value', 2000)
  nowMs = 1999
  expect(cache.get('key')).toBe('value')
  nowMs = 2000
  expect(cache.get('key')).toBeUndefined()
})

test('an expired entry stays a miss when the clock is set back', () => {
  let nowMs = 3000
  const cache = memoryCache({ clock: { now: () => nowMs } })
  cache.set('key', 'value', 2000)
  expect(cache.get('key')).toBeUndefined()
  nowMs = 1000
  expect(cache.get('key')).toBeUndefined()
})

test('two caches share nothing', () => {
  const cache = memoryCache()
  cache.set('key', 'value')
  expect(memoryCache().get('key')).toBeUndefined()
})

test('memoryCache() reaches the process and has neither timer nor lease', () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const cache = memoryCache()
  cache.set('key', 'value', Date.now() + 60_000)
  expect(cache.reach).toBe('process')
  expect(cache.lease).toBeUndefined()
  expect(timers()).toBe(before)
})

test.each([0, -1, 1.5, Number.NaN, Infinity, 1e9])('maxEntries %p is a ConfigError that names it', (maxEntries) => {
  expect(() => memoryCache({ maxEntries })).toThrow(
    expect.objectContaining({ code: 'ERR_LINGPAI_CONFIG', details: { field: 'maxEntries', problem: 'malformed' } }),
  )
})

test('an expiry that is not a number is a ConfigError, and the old entry stays', () => {
  const cache = memoryCache()
  cache.set('key', 'value')
  expect(() => {
    cache.set('key', 'other', Number.NaN)
  }).toThrow(expect.objectContaining({ code: 'ERR_LINGPAI_CONFIG' }))
  expect(cache.get('key')).toBe('value')
})
