import { memoryCache } from '@lingpai/cache-memory'
import type { IAccessTokenCache } from '@lingpai/core'
import { openFacadeWorld, wechatTokenPath, type FacadeBody, type FacadeWorld } from './facade-world.js'

/** A cache that several servers share, of which a part can be broken. */
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
    // `memoryCache` would expire entries by the clock of this machine.
    set: (key, value) =>
      key.startsWith('lingpai:handed:') && broken.set !== undefined ? broken.set(key, value) : cache.set(key, value),
  }
}

let world: FacadeWorld
afterEach(() => world.close())

const askAt = async (url: string, key: string): Promise<FacadeBody> =>
  (await fetch(url + wechatTokenPath(key))).json() as Promise<FacadeBody>

test('a client with a rejected token gets another one from any server', async () => {
  world = await openFacadeWorld({ cache: sharedCache() })
  const another = await world.startAnother()
  const key = world.key(['shop'])
  const first = await askAt(world.url, key)
  world.simulator.revoke('wechat')
  const second = await askAt(another.url, key)
  expect(second.access_token).not.toBe(first.access_token)
  // Back at the first server, which only knows its own hand-outs.
  await world.clock.advance(10_000)
  world.simulator.revoke('wechat')
  const third = await askAt(world.url, key)
  expect(third.access_token).not.toBe(second.access_token)
  expect(world.simulator.ledger.tokenRequests()).toBe(3)
})

test('a client of another key is not suspicious on the other server', async () => {
  world = await openFacadeWorld({ cache: sharedCache() })
  const another = await world.startAnother()
  await askAt(world.url, world.key(['shop']))
  await askAt(another.url, world.key(['shop']))
  expect(world.simulator.ledger.apiRequests()).toBe(0)
})

test('a client that polls one server causes one cache read', async () => {
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
  ['never responds', { get: () => new Promise<string>(() => undefined), set: () => new Promise(() => undefined) }],
  ['contains a malformed entry', { get: () => '{"generation":"1","untilMs":null}' }],
  ['contains no JSON', { get: () => 'rubbish' }],
])('a cache that %s does not affect tokens or the memory of the server', async (_, broken) => {
  world = await openFacadeWorld({ cache: sharedCache(broken) })
  const key = world.key(['shop'])
  const first = await world.clock.runUntil(askAt(world.url, key))
  expect(first).toMatchObject({ expires_in: expect.any(Number) as number })
  world.simulator.revoke('wechat')
  const second = await world.clock.runUntil(askAt(world.url, key))
  expect(second.access_token).not.toBe(first.access_token)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})
