import { memoryCache } from '@lingpai/cache-memory'

/** The simplest thing that keeps entries in the order of their last use. */
function model(maxEntries: number) {
  let entries: (readonly [key: string, value: string])[] = []
  const without = (key: string) => entries.filter(([other]) => other !== key)
  return {
    get: (key: string) => {
      const entry = entries.find(([other]) => other === key)
      if (entry !== undefined) entries = [...without(key), entry]
      return entry?.[1]
    },
    set: (key: string, value: string) => {
      entries = [...without(key), [key, value] as const].slice(-maxEntries)
    },
    remove: (key: string) => {
      entries = without(key)
    },
  }
}

/** Numbers that look random and are the same in each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test.each([1, 2, 3, 7])(
  'with %p entries, 2,000 random calls find what a list in the order of use finds',
  (maxEntries) => {
    const next = numbers(maxEntries)
    const cache = memoryCache({ maxEntries })
    const expected = model(maxEntries)
    for (let call = 0; call < 2000; call += 1) {
      const key = `key-${next(maxEntries * 2)}`
      const kind = next(5)
      if (kind < 2) expect(cache.get(key)).toBe(expected.get(key))
      else if (kind < 4) {
        cache.set(key, `value-${call}`)
        expected.set(key, `value-${call}`)
      } else {
        cache.remove(key)
        expected.remove(key)
      }
    }
  },
)

test('overwriting an entry of a full cache drops no other, and is a use', () => {
  const cache = memoryCache({ maxEntries: 2 })
  cache.set('a', '1')
  cache.set('b', '1')
  cache.set('a', '2')
  expect([cache.get('b'), cache.get('a')]).toEqual(['1', '2'])
  cache.set('b', '2')
  cache.set('c', '1')
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, '2', '1'])
})
