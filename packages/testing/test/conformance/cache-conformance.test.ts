import type { CacheLease, IAccessTokenCache } from '@lingpai/core'
import { cacheConformance, type CacheConformanceOptions, type OpenedCache } from '@lingpai/testing/conformance'
import { leasedCache } from './leased-cache.js'

type Inside = ReturnType<typeof leasedCache>
type Opening = Partial<Omit<OpenedCache, 'cache'>> & { readonly cache: IAccessTokenCache }

const without = ['subscribe', 'close', 'reopen', 'damage', 'breakStore'] as const

/** Runs the suite without any runner, and gives the names of the checks that failed. */
async function failures(
  open: (now: () => number) => Opening,
  options: CacheConformanceOptions = { without },
): Promise<string[]> {
  const checks: { name: string; body: () => Promise<void> }[] = []
  const opened = (): OpenedCache => {
    let nowMs = 1_800_000_000_000
    return {
      nowMs: () => nowMs,
      advanceMs: (ms) => {
        nowMs += ms
      },
      close: () => undefined,
      ...open(() => nowMs),
    }
  }
  cacheConformance((name, body) => checks.push({ name, body }), opened, options)
  expect(checks.length).toBeGreaterThan(10)
  const failed: string[] = []
  for (const { name, body } of checks) await body().catch(() => failed.push(name))
  return failed
}

/** The sound cache with some methods replaced. */
function withLease(inside: Inside, change: (lease: CacheLease) => Partial<CacheLease>): IAccessTokenCache {
  if (inside.lease === undefined) throw new TypeError('no lease')
  return { ...inside, lease: { ...inside.lease, ...change(inside.lease) } }
}

test('a sound cache passes everything', async () => {
  expect(await failures((now) => ({ cache: leasedCache(now) }))).toEqual([])
})

const brokenEntries: Record<string, [string, (inside: Inside, now: () => number) => Partial<IAccessTokenCache>]> = {
  'ignores the expiry': [
    'an entry expires',
    (inside) => ({
      set: (key, value) => inside.set(key, value),
    }),
  ],
  'takes keys without regard to case': [
    'keys that look alike are different entries',
    (inside) => ({
      get: (key) => inside.get(key.toLowerCase()),
      set: (key, value, at) => inside.set(key.toLowerCase(), value, at),
    }),
  ],
  'decodes keys': [
    'keys that look alike are different entries',
    (inside) => ({
      get: (key) => inside.get(key.replaceAll('%25', '%')),
      set: (key, value, at) => inside.set(key.replaceAll('%25', '%'), value, at),
    }),
  ],
  'cuts values': [
    'values are returned unchanged: 16 KiB, Unicode, quotes, JSON',
    (inside) => ({ set: (key, value, at) => inside.set(key, value.slice(0, 16_000), at) }),
  ],
  'recodes values': [
    'values are returned unchanged: 16 KiB, Unicode, quotes, JSON',
    (inside) => ({ set: (key, value, at) => inside.set(key, Buffer.from(value, 'latin1').toString('latin1'), at) }),
  ],
  'does not remove': ['a removed entry is a miss, and can be written again', () => ({ remove: () => undefined })],
  'deletes late what it found expired': [
    'reading an expired entry beside a write does not lose the write',
    (inside) => ({
      get: async (key) => {
        const value = inside.get(key)
        await Promise.resolve()
        if (value === undefined) inside.remove(key)
        return value
      },
    }),
  ],
  'writes in two halves': [
    'a reader beside a writer sees the old or the new value, whole',
    (inside) => ({
      set: async (key, value, at) => {
        inside.set(key, value.slice(0, value.length / 2), at)
        await Promise.resolve()
        await Promise.resolve()
        inside.set(key, value, at)
      },
    }),
  ],
}

test.each(Object.entries(brokenEntries))('a cache that %s is caught', async (_name, [check, broken]) => {
  const failed = await failures((now) => {
    const inside = leasedCache(now)
    return { cache: { ...inside, ...broken(inside, now) } }
  })
  expect(failed).toContain(check)
})

const brokenLeases: Record<string, [string, (lease: CacheLease, inside: Inside) => Partial<CacheLease>]> = {
  'gives to everybody': ['one of 50 concurrent takers wins', () => ({ take: () => true })],
  'does not renew': [
    'the holder renews the lease by taking it again',
    (lease) => {
      const taken = new Set<string>()
      return {
        take: (key, holder, ttlMs) => !taken.has(key) && (taken.add(key), lease.take(key, holder, ttlMs)),
      }
    },
  ],
  'renews without lengthening': [
    'a renewed lease lasts from its renewal',
    (lease) => {
      const holders = new Set<string>()
      return {
        take: (key, holder, ttlMs) => holders.has(holder) || (holders.add(holder), lease.take(key, holder, ttlMs)),
      }
    },
  ],
  'never runs out': ['a lease expires', (lease) => ({ take: (key, holder) => lease.take(key, holder, 1e9) })],
  'is one for all keys': [
    'each key has a lease of its own',
    (lease) => ({ take: (_key, holder, ttlMs) => lease.take('all', holder, ttlMs) }),
  ],
  'checks before an await': [
    'one of 50 concurrent takers wins',
    (lease, inside) => ({
      take: async (key, holder, ttlMs) => {
        const free = inside.get(`lease of ${key}`) === undefined
        await Promise.resolve()
        if (free) inside.set(`lease of ${key}`, holder)
        return free && (lease.take(key, holder, ttlMs), true)
      },
    }),
  ],
  'commits for everybody': [
    'a commit after a takeover returns false, before and after the newer value is written',
    (_lease, inside) => ({
      commit: (key, _holder, value, at) => {
        inside.set(key, value, at)
        return true
      },
    }),
  ],
  'writes although it says no': [
    'a commit without a lease returns false and writes nothing',
    (lease, inside) => ({
      commit: async (key, holder, value, at) => {
        const committed = await lease.commit(key, holder, value, at)
        inside.set(key, value, at)
        return committed
      },
    }),
  ],
  'is kept after a commit': [
    'a commit releases the lease',
    (lease) => ({
      commit: async (key, holder, value, at) => {
        const committed = await lease.commit(key, holder, value, at)
        if (committed) await lease.take(key, holder, 30_000)
        return committed
      },
    }),
  ],
  'forgets the expiry of a commit': [
    'a committed entry expires',
    (lease) => ({ commit: (key, holder, value) => lease.commit(key, holder, value) }),
  ],
  'is released by anybody': [
    'a release by another holder does nothing',
    (lease) => {
      let last = ''
      return {
        take: (key, holder, ttlMs) => lease.take(key, (last = holder), ttlMs),
        release: (key) => lease.release(key, last),
      }
    },
  ],
}

test.each(Object.entries(brokenLeases))('a lease that %s is caught', async (_name, [check, broken]) => {
  const failed = await failures((now) => {
    const inside = leasedCache(now)
    return { cache: withLease(inside, (lease) => broken(lease, inside)) }
  })
  expect(failed).toContain(check)
})

test('a cache whose lease ends with any write is caught', async () => {
  const failed = await failures((now) => {
    const inside = leasedCache(now)
    const held = new Map<string, string>()
    const cache = withLease(inside, (lease) => ({
      take: (key, holder, ttlMs) => lease.take(key, held.set(key, holder).get(key) ?? '', ttlMs),
    }))
    return {
      cache: {
        ...cache,
        set: (key, value, at) => {
          inside.set(key, value, at)
          cache.lease?.release(key, held.get(key) ?? '')
        },
      },
    }
  })
  expect(failed).toContain('writing an entry does not affect its lease')
})

test('a cache that reports a broken store as a miss is caught', async () => {
  const failed = await failures(
    (now) => {
      let up = true
      const inside = leasedCache(now)
      const cache = { ...inside, get: (key: string) => (up ? inside.get(key) : undefined) }
      return { cache, breakStore: () => void (up = false) }
    },
    { without: without.filter((gap) => gap !== 'breakStore') },
  )
  expect(failed).toEqual([
    'a store that is down is a failure, not a miss',
    'a store that is down gives no lease and commits nothing',
  ])
})

test('caches that claim a common store without having one are caught', async () => {
  const failed = await failures((now) => ({ cache: leasedCache(now), reopen: () => leasedCache(now) }), {
    without: without.filter((gap) => gap !== 'reopen'),
  })
  expect(failed).toContain('a second cache on the store sees writes and removals at once')
  expect(failed).toContain('a lease taken through one cache is held against the other')
})

test('an undeclared gap is caught, and so is a declared gap that the cache does not have', async () => {
  const declared = 'the cache has exactly the capabilities that are checked'
  const plain: IAccessTokenCache = { get: () => undefined, set: () => undefined, remove: () => undefined }
  expect(await failures(() => ({ cache: plain }))).toContain(declared)
  expect(await failures((now) => ({ cache: leasedCache(now) }), { without: ['lease', ...without] })).toEqual([declared])
  expect(await failures((now) => ({ cache: { ...leasedCache(now), reach: 'fleet' } }))).toEqual([declared])
})

test('a plain map without expiry, as in TNW, passes if its gaps are declared', async () => {
  const open = (): Opening => {
    const map = new Map<string, string>()
    const cache = {
      get: (key: string) => map.get(key) ?? '',
      set: (key: string, value: string) => map.set(key, value),
      remove: (key: string) => map.delete(key),
    }
    return { cache }
  }
  expect(await failures(open, { without: ['expiry', 'lease', ...without] })).toEqual([])
})
