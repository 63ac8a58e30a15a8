import { memoryCache } from '@lingpai/cache-memory'
import type { IAccessTokenCache } from '@lingpai/core'
import { openFacadeWorld, wechatTokenPath, type Answer, type FacadeWorld } from './facade-world.js'

/** A cache that several servers see, with a part of it that can be broken. */
function sharedCache(broken: Partial<IAccessTokenCache> = {}): IAccessTokenCache & { readonly asked: string[] } {
  const cache = memoryCache()
  const asked: string[] = []
  return {
    ...cache,
    reach: 'fleet',
    asked,
    get: (key) => {
      if (!key.startsWith('lingpai:handed:')) return cache.get(key)
      asked.push(key)
      return broken.get === undefined ? cache.get(key) : broken.get(key)
    },
    // The memory forgets by the clock of this machine, and the world has one of its own.
    set: (key, value) =>
      key.startsWith('lingpai:handed:') && broken.set !== undefined ? broken.set(key, value) : cache.set(key, value),
  }
}

let world: FacadeWorld
afterEach(() => world.close())

const askAt = async (url: string, key: string): Promise<Answer> =>
  (await fetch(url + wechatTokenPath(key))).json() as Promise<Answer>

test('a client that was refused is healed by whichever server it asks', async () => {
  world = await openFacadeWorld({ cache: sharedCache() })
  const another = await world.startAnother()
  const key = world.key(['shop'])
  const first = await askAt(world.url, key)
  world.simulator.revoke('wechat')
  const second = await askAt(another.url, key)
  expect(second.access_token).not.toBe(first.access_token)
  // Back at the first, which knows only what it gave itself.
  await world.clock.advance(10_000)
  world.simulator.revoke('wechat')
  const third = await askAt(world.url, key)
  expect(third.access_token).not.toBe(second.access_token)
  expect(world.simulator.ledger.tokenRequests()).toBe(3)
})

test('a client of another key is no suspicion at the other server', async () => {
  world = await openFacadeWorld({ cache: sharedCache() })
  const another = await world.startAnother()
  await askAt(world.url, world.key(['shop']))
  await askAt(another.url, world.key(['shop']))
  expect(world.simulator.ledger.apiRequests()).toBe(0)
})

test('a client that polls one server costs one look at the cache', async () => {
  const cache = sharedCache()
  world = await openFacadeWorld({ cache })
  const key = world.key(['shop'])
  for (let call = 0; call < 20; call += 1) await askAt(world.url, key)
  expect(cache.asked).toHaveLength(1)
})

test.each([
  ['fails', { get: () => Promise.reject(new TypeError('down')), set: () => Promise.reject(new TypeError('down')) }],
  [
    'throws',
    {
      get: () => {
        throw new TypeError('down')
      },
      set: () => {
        throw new TypeError('down')
      },
    },
  ],
  ['never answers', { get: () => new Promise<string>(() => undefined), set: () => new Promise(() => undefined) }],
  ['holds rubbish', { get: () => '{"generation":"1","untilMs":null}' }],
  ['holds no JSON', { get: () => 'rubbish' }],
])('a cache that %s keeps no client from its token, nor from its own server’s memory', async (_, broken) => {
  world = await openFacadeWorld({ cache: sharedCache(broken) })
  const key = world.key(['shop'])
  const first = await world.clock.runUntil(askAt(world.url, key))
  expect(first).toMatchObject({ expires_in: expect.any(Number) as number })
  world.simulator.revoke('wechat')
  const second = await world.clock.runUntil(askAt(world.url, key))
  expect(second.access_token).not.toBe(first.access_token)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})
