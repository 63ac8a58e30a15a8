import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CacheLease, IAccessTokenCache } from '@lingpai/core'
import { fileCache } from '@lingpai/cache-file'
import { minute, openWorld, second, type World } from './world.js'

let world: World
let directory: string
beforeEach(async () => {
  world = await openWorld()
  directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
})
afterEach(async () => {
  await world.close()
  await rm(directory, { recursive: true, force: true })
})

const open = (): IAccessTokenCache => fileCache({ directory, clock: world.clock })

/** A cache on the same directory whose lease the test controls. */
function openWith(change: (lease: CacheLease) => Partial<CacheLease>): IAccessTokenCache {
  const inner = open()
  const { lease } = inner
  return lease === undefined ? inner : { ...inner, lease: { ...lease, ...change(lease) } }
}

const sourceOn = (cache: IAccessTokenCache): ReturnType<World['source']> =>
  world.source('wechatPlain', world.manager({ cache }))

/** Runs until the platform has received this many token requests. */
async function requestsSeen(count: number): Promise<void> {
  while (world.simulator.ledger.tokenRequests() < count) await world.clock.settle()
}

test('a slow upstream costs no second request: the lease is renewed during the request', async () => {
  world.simulator.fault({ endpoint: 'token', latencyMs: 8 * second })
  const [mine, theirs] = [sourceOn(open()), sourceOn(open())]
  const tokens = await world.clock.runUntil(Promise.all([mine.getAccessToken(), theirs.getAccessToken()]))
  expect(new Set(tokens).size).toBe(1)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('a caller that waits for a lease holder that never finishes gets a LeaseError within timeoutMs', async () => {
  const cache = open()
  const keys: string[] = []
  const waiting = sourceOn({ ...cache, get: (key) => (keys.push(key), cache.get(key)) })
  const failed = expect(
    world.clock.runUntil(
      (async () => {
        const token = waiting.getAccessToken()
        token.catch(() => undefined)
        await world.clock.settle()
        return token
      })(),
    ),
  ).resolves.toBeDefined()
  await failed
  await waiting.clear()
  await cache.lease?.take(keys[0] ?? '', 'another holder', 3600 * second)
  await expect(world.clock.runUntil(waiting.getAccessToken())).rejects.toMatchObject({
    code: 'ERR_LINGPAI_LEASE',
    retryable: true,
    hint: expect.any(String),
  })
})

test('a caller of a process that was stopped while it waited for the lease gets the newest token, not the one seen before', async () => {
  const other = sourceOn(open())
  let stoppedMs = 0
  const clock = {
    ...world.clock,
    now: () => world.clock.now() + stoppedMs,
    monotonic: () => world.clock.monotonic() + stoppedMs,
  }
  const cache = openWith(() => ({
    take: async () => {
      await other.refresh()
      stoppedMs = 6 * minute
      return false
    },
  }))
  const mine = world.source('wechatPlain', world.manager({ cache, clock }))
  await other.getAccessToken()
  // It lives for ten more seconds, so it is no longer handed out while another may come.
  await world.clock.advance(120 * minute - 10 * second)
  const token = await mine.getAccessToken()
  expect(token).toBe(await other.getAccessToken())
  expect(world.count('served-stale')).toBe(0)
})

test('a process that went on without the store and slept looks at it again before it asks upstream once more', async () => {
  let isDown = true
  const cache = open()
  const mine = sourceOn({
    ...cache,
    get: async (key) => {
      if (isDown) throw new TypeError('the store is down')
      return cache.get(key)
    },
  })
  world.simulator.fault({ endpoint: 'token', status: 500 })
  const waiting = mine.getAccessToken()
  await requestsSeen(1)
  await world.clock.settle()
  world.clock.jumpWall(60 * minute)
  isDown = false
  const token = await sourceOn(open()).getAccessToken()
  expect(await world.clock.runUntil(waiting)).toBe(token)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('a record that was written between the look and the lease is adopted, and upstream is not asked', async () => {
  const other = sourceOn(open())
  const mine = sourceOn(
    openWith((lease) => ({
      take: async (...args) => {
        await other.getAccessToken()
        return lease.take(...args)
      },
    })),
  )
  expect(await mine.getAccessToken()).toBe(await other.getAccessToken())
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('a record that a failed look under the lease did not show keeps its generation for itself', async () => {
  world.simulator.fault({ endpoint: 'token', latencyMs: 100 })
  const other = sourceOn(open())
  let failures = 0
  const cache = openWith((lease) => ({
    take: async (...args) => {
      await other.getAccessToken()
      return lease.take(...args)
    },
  }))
  const get: IAccessTokenCache['get'] = (key) => {
    if (failures > 0 || world.simulator.ledger.tokenRequests() === 0) return cache.get(key)
    failures += 1
    throw new TypeError('no answer')
  }
  const { value } = await world.clock.runUntil(sourceOn({ ...cache, get }).getRecord())
  await world.clock.advance(10 * second)
  expect(await sourceOn(open()).getRecord()).toMatchObject({ value, generation: 2 })
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('a lease holder whose renewals fail loses the lease; the newer record stays, and its own token is dropped', async () => {
  let takes = 0
  const stalled = sourceOn(
    openWith((lease) => ({ take: (...args) => (takes++ === 0 ? lease.take(...args) : new Promise(() => undefined)) })),
  )
  const successor = sourceOn(open())
  world.simulator.fault({ endpoint: 'token', latencyMs: 5 * second })
  const late = stalled.getAccessToken()
  await requestsSeen(1)
  const current = await world.clock.runUntil(successor.getAccessToken())
  expect(await world.clock.runUntil(late)).toBe(current)
  expect(world.count('lease-lost')).toBe(1)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('a holder that takes the lease again after others had it looks again before it writes', async () => {
  let takes = 0
  let release: () => void = () => undefined
  const revived = new Promise<void>((resolve) => (release = resolve))
  const stalled = sourceOn(
    openWith((lease) => ({
      // Its first renewal reaches the store only after another process has taken and released the lease.
      take: async (...args) => {
        if (takes++ > 0) await revived
        return lease.take(...args)
      },
    })),
  )
  const successor = sourceOn(open())
  world.simulator.fault({ endpoint: 'token', latencyMs: 4 * second })
  const late = stalled.getAccessToken()
  await requestsSeen(1)
  const current = await world.clock.runUntil(successor.getAccessToken())
  release()
  expect(await world.clock.runUntil(late)).toBe(current)
  expect(await sourceOn(open()).getAccessToken()).toBe(current)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('a commit that is rejected without a newer record costs no second request, and the record is written later', async () => {
  let refusals = 2
  const mine = sourceOn(
    openWith((lease) => ({
      commit: (...args) => (refusals-- > 0 ? false : lease.commit(...args)),
    })),
  )
  const token = await world.clock.runUntil(mine.getAccessToken())
  expect(world.count('lease-lost')).toBe(1)
  await world.clock.advance(15 * second)
  expect(await sourceOn(open()).getAccessToken()).toBe(token)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

describe('a lease holder that was stopped before its upstream request', () => {
  /**
   * Its first look under the lease gets a late response; by then another process has had the lease, and has refreshed.
   */
  function stoppedOn(renew: () => Promise<boolean>): ReturnType<World['source']> {
    const other = sourceOn(open())
    let stage: 'before' | 'stopped' | 'after' = 'before'
    let runOut: (() => unknown) | undefined
    const cache = openWith((lease) => ({
      take: async (key, holder, ttlMs) => {
        if (stage === 'stopped') return renew()
        const isTaken = await lease.take(key, holder, ttlMs)
        if (stage === 'before') {
          runOut = () => lease.release(key, holder)
          await passed(200)
        }
        return isTaken
      },
    }))
    return sourceOn({
      ...cache,
      get: async (key) => {
        const text = await cache.get(key)
        if (stage === 'before' && runOut !== undefined) {
          stage = 'stopped'
          await runOut()
          await other.getAccessToken()
          await passed(990)
        } else if (stage === 'stopped') {
          await passed(990)
          if (key.endsWith(':failure')) stage = 'after'
        }
        return text
      },
    })
  }

  const passed = (ms: number): Promise<void> => new Promise((resolve) => void world.clock.setTimer(resolve, ms))

  test('learns from its renewal that the lease is lost, and sends no request', async () => {
    const stopped = stoppedOn(async () => false)
    await world.clock.runUntil(stopped.getAccessToken())
    expect(world.simulator.ledger.tokenRequests()).toBe(1)
  })

  test('got no response about its lease during the lease’s duration, and sends no request', async () => {
    const stopped = stoppedOn(async () => {
      throw new TypeError('no answer')
    })
    await world.clock.runUntil(stopped.getAccessToken())
    expect(world.simulator.ledger.tokenRequests()).toBe(1)
  })

  test('renewed the lease too late, when others may have had it, and sends no request', async () => {
    let renewals = 0
    const stopped = stoppedOn(async () => {
      renewals += 1
      if (renewals === 1) throw new TypeError('no answer')
      await passed(550)
      return true
    })
    await world.clock.runUntil(stopped.getAccessToken())
    expect(world.simulator.ledger.tokenRequests()).toBe(1)
  })
})

test('a store that is too slow to hold a lease costs one more attempt, not the refresh', async () => {
  const cache = openWith((lease) => {
    let first: string | undefined
    return {
      take: async (key, holder, ttlMs) => {
        if (holder === first) throw new TypeError('too slow')
        first = holder
        return lease.take(key, holder, ttlMs)
      },
    }
  })
  const slow = sourceOn({
    ...cache,
    get: async (key) => {
      await new Promise<void>((resolve) => void world.clock.setTimer(resolve, 1200))
      return cache.get(key)
    },
  })
  const startMs = world.clock.now()
  await world.clock.runUntil(slow.getAccessToken())
  expect(world.clock.now() - startMs).toBeLessThan(15 * second)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('a refresh that writes its record gives the lease back by the write alone', async () => {
  const calls: string[] = []
  const cache = openWith((lease) => ({
    take: (...args) => (calls.push('take'), lease.take(...args)),
    commit: (...args) => (calls.push('commit'), lease.commit(...args)),
    release: (...args) => (calls.push('release'), lease.release(...args)),
  }))
  await world.clock.runUntil(sourceOn(cache).getAccessToken())
  expect(calls).toEqual(['take', 'commit'])
})
