import { fileCache } from '@lingpai/cache-file'
import { memoryCache } from '@lingpai/cache-memory'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, type IAccessTokenCache } from '@lingpai/core'
import { apiPath, hour, minute, openWorld, second, type World } from './world.js'

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

/** A store that can be switched off. */
function switched(inner: IAccessTokenCache): {
  cache: IAccessTokenCache
  state: 'up' | 'down' | 'silent'
  calls: number
} {
  const guard = <T>(call: () => T): T | Promise<never> => {
    box.calls += 1
    if (box.state === 'down')
      return Promise.reject(Object.assign(new ConfigError('store is down'), { code: 'ECONNREFUSED' }))
    return box.state === 'silent' ? new Promise<never>(() => undefined) : call()
  }
  const { lease } = inner
  const cache: IAccessTokenCache = {
    reach: inner.reach ?? 'process',
    get: (key) => guard(() => inner.get(key)),
    set: (...args) => guard(() => inner.set(...args)),
    remove: (key) => guard(() => inner.remove(key)),
    nowMs: () => guard(() => world.clock.now()),
    ...(lease && {
      lease: {
        take: (...args) => guard(() => lease.take(...args)),
        commit: (...args) => guard(() => lease.commit(...args)),
        release: (...args) => guard(() => lease.release(...args)),
      },
    }),
  }
  const box: ReturnType<typeof switched> = { cache, state: 'up', calls: 0 }
  return box
}

for (const state of ['down', 'silent'] as const) {
  test(`a store that is ${state} from the start: one request per life, and sharing resumes within ten seconds`, async () => {
    const store = switched(fileCache({ directory, clock: world.clock }))
    store.state = state
    const source = world.source('wechatPlain', world.manager({ cache: store.cache }))
    const tokens = await world.clock.runUntil(Promise.all(Array.from({ length: 100 }, () => source.getAccessToken())))
    expect(new Set(tokens).size).toBe(1)
    for (let at = 0; at < 10 * minute; at += 10 * second) {
      await world.clock.runUntil(source.getAccessToken())
      await world.clock.advance(10 * second)
    }
    expect(world.simulator.ledger.tokenRequests()).toBe(1)
    expect(world.count('cache-failed')).toBeGreaterThan(0)

    store.state = 'up'
    await world.clock.advance(10 * second)
    const other = world.source('wechatPlain', world.manager({ cache: fileCache({ directory, clock: world.clock }) }))
    expect(await other.getAccessToken()).toBe(tokens[0])
    expect(world.simulator.ledger.tokenRequests()).toBe(1)
  })
}

test('cold callers wait once for a store that does not respond, and for upstream', async () => {
  const { clock, simulator } = world
  const store = switched(fileCache({ directory, clock }))
  store.state = 'silent'
  const source = world.source('wechat', world.manager({ cache: store.cache, cacheTimeoutMs: 500 }))
  simulator.fault({ endpoint: 'token', latencyMs: 3 * second })
  const startedAtMs = clock.now()
  await clock.runUntil(Promise.all(Array.from({ length: 100 }, () => source.getAccessToken())))
  expect(clock.now() - startedAtMs).toBe(3 * second + 500)
  expect(simulator.ledger.tokenRequests()).toBe(1)
})

test('a store that fails midway: memory keeps serving, the token is refreshed once, the record is written back', async () => {
  const store = switched(fileCache({ directory, clock: world.clock }))
  const source = world.source('wechat', world.manager({ cache: store.cache }))
  await source.getAccessToken()
  store.state = 'down'
  for (let at = 0; at < 3 * hour; at += 20 * second) {
    await world.clock.runUntil(source.getAccessToken())
    await world.clock.advance(20 * second)
  }
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
  store.state = 'up'
  await world.clock.advance(10 * second)
  const other = world.source('wechat', world.manager({ cache: fileCache({ directory, clock: world.clock }) }))
  expect(await other.getRecord()).toMatchObject({ generation: 2, value: await source.getAccessToken() })
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('a record is not written back over a newer one', async () => {
  const store = switched(fileCache({ directory, clock: world.clock }))
  const cut = world.source('wechatPlain', world.manager({ cache: store.cache }))
  store.state = 'down'
  const old = await world.clock.runUntil(cut.getAccessToken())
  await world.clock.advance(second)
  const other = world.source('wechatPlain', world.manager({ cache: fileCache({ directory, clock: world.clock }) }))
  const current = await other.getAccessToken()
  store.state = 'up'
  await world.clock.advance(10 * second)
  expect(current).not.toBe(old)
  expect(await cut.getAccessToken()).toBe(current)
  const late = world.source('wechatPlain', world.manager({ cache: fileCache({ directory, clock: world.clock }) }))
  expect(await late.getAccessToken()).toBe(current)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('a token that upstream gives again to a process without the store keeps its generation', async () => {
  const store = switched(fileCache({ directory, clock: world.clock }))
  const other = world.source('wechat', world.manager({ cache: fileCache({ directory, clock: world.clock }) }))
  await other.getAccessToken()
  world.simulator.revoke(world.simulator.accounts.wechat)
  await other.refresh()
  const { value, generation } = await other.getRecord()
  await world.clock.advance(minute)
  store.state = 'down'
  const cut = world.source('wechat', world.manager({ cache: store.cache }))
  expect(await world.clock.runUntil(cut.getRecord())).toMatchObject({ value, generation: 1 })
  store.state = 'up'
  expect(await world.clock.runUntil(cut.refresh())).toMatchObject({ value, generation })
  expect(generation).toBeGreaterThan(1)
})

test('a commit that is never acknowledged loses no token', async () => {
  const inner = fileCache({ directory, clock: world.clock })
  const lease = inner.lease
  if (lease === undefined) throw new ConfigError('the file cache has a lease')
  let isMute = true
  const cache: IAccessTokenCache = {
    ...inner,
    lease: {
      ...lease,
      commit: async (...args) => {
        const written = await lease.commit(...args)
        return isMute ? new Promise<never>(() => undefined) : written
      },
    },
  }
  const source = world.source('wechatPlain', world.manager({ cache }))
  const token = await world.clock.runUntil(source.getAccessToken())
  isMute = false
  await world.clock.advance(10 * second)
  expect(await source.getAccessToken()).toBe(token)
  expect((await source.fetch(apiPath.wechatPlain)).status).toBe(200)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('a store that was emptied gets the live record back', async () => {
  const cache = fileCache({ directory, clock: world.clock })
  const source = world.source('wechatPlain', world.manager({ cache }))
  const token = await source.getAccessToken()
  await rm(directory, { recursive: true })
  await world.clock.advance(61 * second)
  await source.getAccessToken()
  await world.clock.advance(10 * second)
  const other = world.source('wechatPlain', world.manager({ cache: fileCache({ directory, clock: world.clock }) }))
  expect(await other.getAccessToken()).toBe(token)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('a damaged entry is a miss with an event, and the next refresh heals it', async () => {
  const cache = memoryCache({ clock: world.clock })
  const keys: string[] = []
  const spy: IAccessTokenCache = {
    get: (key) => {
      keys.push(key)
      return cache.get(key)
    },
    set: (key, value, expiresAtMs) => cache.set(key, value, expiresAtMs),
    remove: (key) => cache.remove(key),
  }
  const first = world.source('qq', world.manager({ cache: spy }))
  await first.getAccessToken()
  const key = keys[0] ?? ''
  await cache.set(key, '{"access_token":"half')
  const other = world.source('qq', world.manager({ cache: { ...spy } }))
  expect(typeof (await other.getAccessToken())).toBe('string')
  expect(world.events.find(({ name }) => name === 'cache-failed')).toMatchObject({
    event: { error: { details: { problem: 'damaged' } } },
  })
  expect(JSON.parse((await cache.get(key)) ?? '')).toMatchObject({ generation: 1 })
})

test('a TNW cache class works without lease or reach, and sync errors of a store are survived', async () => {
  class TnwCache {
    readonly #map = new Map<string, string>()
    isBroken = false
    get(key: string): string {
      if (this.isBroken) throw new ConfigError('broken')
      return this.#map.get(key) ?? ''
    }
    set(key: string, jsonValue: string): void {
      if (this.isBroken) throw new ConfigError('broken')
      this.#map.set(key, jsonValue)
    }
    remove(key: string): void {
      this.#map.delete(key)
    }
  }
  const cache = new TnwCache()
  const source = world.source('wechat', world.manager({ cache }))
  const token = await source.getAccessToken()
  cache.isBroken = true
  await world.clock.advance(7200 * second - 2 * minute)
  expect(await source.getAccessToken()).toBe(token)
  await world.clock.settle()
  expect(await source.getAccessToken()).not.toBe(token)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('a readonly source reads the shared cache and never goes upstream', async () => {
  const { simulator, clock } = world
  const { wechatMp } = await import('@lingpai/provider-wechat-mp')
  const provider = simulator.provider(wechatMp)
  const cache = fileCache({ directory, clock })
  const reader = world.manager({ cache }).source(provider, simulator.accounts.wechat, { readonly: true })
  await expect(reader.getAccessToken()).rejects.toMatchObject({ code: 'ERR_LINGPAI_LEASE', retryable: true })
  const writer = world.source('wechat', world.manager({ cache: fileCache({ directory, clock }) }))
  const token = await writer.getAccessToken()
  expect(await reader.getAccessToken()).toBe(token)
  await expect(reader.refresh()).rejects.toMatchObject({ code: 'ERR_LINGPAI_LEASE' })
  await clock.advance(7200 * second - 2 * minute)
  await reader.getAccessToken()
  await clock.settle()
  expect(simulator.ledger.tokenRequests()).toBe(1)
  await writer.getAccessToken()
  await clock.settle()
  await clock.advance(2 * second)
  await reader.getAccessToken()
  await clock.settle()
  expect(await reader.getAccessToken()).toBe(await writer.getAccessToken())
  expect(simulator.ledger.tokenRequests()).toBe(2)
})

test('a store that reports writes makes other processes adopt the token at once, and wakes those that wait for the lease', async () => {
  const listeners = new Set<(change: { key: string }) => void>()
  const open = (): IAccessTokenCache => {
    const inner = fileCache({ directory, clock: world.clock })
    const tell = (key: string): void => {
      for (const listener of listeners) listener({ key })
    }
    const { lease } = inner
    return {
      ...inner,
      ...(lease && {
        lease: {
          ...lease,
          commit: async (key, ...rest) => {
            const isWritten = await lease.commit(key, ...rest)
            tell(key)
            return isWritten
          },
        },
      }),
      subscribe: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    }
  }
  const [first, other] = [world.manager({ cache: open() }), world.manager({ cache: open() })]
  const mine = world.source('wechatPlain', first)
  const theirs = world.source('wechatPlain', other)
  // No time passes on the test clock: the waiter is woken by the write, not by its own pause.
  const [a, b] = await Promise.all([mine.getAccessToken(), theirs.getAccessToken()])
  expect(a).toBe(b)
  const { value } = await theirs.refresh()
  await world.clock.settle()
  expect(mine.peek()).toBe(value)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
  await Promise.all([first.close(), other.close()])
  expect(listeners.size).toBe(0)
})

test('a lease that is slow once costs no second request', async () => {
  let slow = 1
  const open = (): IAccessTokenCache => {
    const inner = fileCache({ directory, clock: world.clock })
    const { lease } = inner
    return {
      ...inner,
      ...(lease && {
        lease: {
          ...lease,
          take: (...args) => (slow-- > 0 ? new Promise<never>(() => undefined) : lease.take(...args)),
        },
      }),
    }
  }
  const sources = [0, 1].map(() => world.source('wechatPlain', world.manager({ cache: open() })))
  const tokens = await world.clock.runUntil(Promise.all(sources.map((source) => source.getAccessToken())))
  expect(new Set(tokens).size).toBe(1)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('a record that claims to live forever is trusted for the platform’s longest life', async () => {
  const cache = memoryCache({ clock: world.clock })
  const keys: string[] = []
  const spy: IAccessTokenCache = { ...cache, get: (key) => (keys.push(key), cache.get(key)) }
  await world.source('qq', world.manager({ cache: spy })).getAccessToken()
  const key = keys[0] ?? ''
  const text = JSON.parse(String(await cache.get(key))) as object
  await cache.set(key, JSON.stringify({ ...text, expiresAtMs: 8e15 }))
  const other = world.source('qq', world.manager({ cache: { ...spy } }))
  await other.getAccessToken()
  await world.clock.advance(7200 * second)
  expect(other.peek()).toBeUndefined()
})

test('a shared cache without a lease causes an event; a cache of this process does not', async () => {
  const { get, set, remove } = memoryCache({ clock: world.clock })
  await world.source('qq', world.manager({ cache: { get, set, remove } })).getAccessToken()
  expect(world.count('unguarded-refresh')).toBe(0)
  await world.source('qq', world.manager({ cache: { get, set, remove, reach: 'fleet' } })).refresh()
  expect(world.events.find(({ name }) => name === 'unguarded-refresh')).toMatchObject({
    event: { reach: 'fleet', reason: 'requested' },
  })
})

test('a store that holds the first failure and cannot be written to does not keep cool-downs short', async () => {
  const inner = fileCache({ directory, clock: world.clock })
  let isReadonly = false
  const cache: IAccessTokenCache = {
    ...inner,
    set: (...args) => (isReadonly ? Promise.reject(new TypeError('READONLY')) : inner.set(...args)),
  }
  const source = world.source('qq', world.manager({ cache }))
  world.simulator.fault({ endpoint: 'token', status: 503, times: Infinity })
  const call = (): Promise<unknown> => world.clock.runUntil(source.getAccessToken().catch(() => undefined))
  await call()
  isReadonly = true
  for (let at = 0; at < 2 * minute; at += second) {
    await call()
    await world.clock.advance(second)
  }
  expect(world.simulator.ledger.tokenRequests()).toBeLessThan(40)
})
