import { memoryCache } from '@lingpai/cache-memory'
import { readLastUse } from '../../src/keys/last-use.js'
import { openServerWorld, until, type ServerWorld, type Json } from './server-world.js'

let world: ServerWorld
const cache = memoryCache()
beforeEach(async () => {
  world = await openServerWorld({ cache })
})
afterEach(() => world.close())

const audited = (event: string): Json[] =>
  world
    .logged()
    .split('\n')
    .filter((line) => line.includes(`"event":"${event}"`))
    .map((line) => JSON.parse(line) as Json)
const counted = async (outcome: string): Promise<number> => {
  const { text } = await world.call('/metrics')
  return Number(new RegExp(`^lingpai_access_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(text)?.[1])
}

test('each wrong key is counted, and all of them are logged in one line', async () => {
  for (let i = 0; i < 5; i += 1)
    await world.call('/v1/accounts', { key: `lpk_0000000000_${'PLANTED'.padEnd(43, 'x')}` })
  await world.call('/v1/accounts', { key: null })
  expect([await counted('unknown-key'), await counted('no-key')]).toEqual([5, 1])
  expect(audited('unknown-key')).toEqual([
    expect.objectContaining({ level: 40, audit: true, address: '127.0.0.1', count: 1 }),
  ])
  expect(world.logged()).not.toContain('PLANTED')
})

test('sign-in, sign-out and a revealed token are logged with the name of the key', async () => {
  const key = world.key({ name: 'ops' })
  const signedIn = await world.call('/session', { method: 'POST', key: null, body: { key } })
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const by = { key: null, headers: { cookie, 'x-lingpai-csrf': '1' } }
  const shown = await world.call('/v1/accounts/shop/token', by)
  await world.call('/session', { method: 'DELETE', ...by })
  const id = key.slice(4, 14)
  expect(audited('signed-in')).toEqual([expect.objectContaining({ level: 30, id, by: 'ops', address: '127.0.0.1' })])
  expect(audited('revealed')).toEqual([expect.objectContaining({ id, by: 'ops', account: 'shop', generation: 1 })])
  expect(audited('signed-out')).toHaveLength(1)
  expect(await Promise.all(['signed-in', 'revealed', 'signed-out'].map(counted))).toEqual([1, 1, 1])
  expect(world.logged()).not.toContain(String(shown.body['access_token']))
})

test('a key that reads a token repeatedly is logged once for each token', async () => {
  const key = world.key({ name: 'till', role: 'reader' })
  const ask = () => world.call('/v1/accounts/shop/token', { key })
  for (let i = 0; i < 3; i += 1) await ask()
  await world.call('/v1/accounts/shop/refreshes', { method: 'POST' })
  await ask()
  const lines = audited('handed-out')
  expect(lines.map(({ by, generation }) => [by, generation])).toEqual([
    ['till', 1],
    ['till', 2],
  ])
})

test('the last use of a key is in the cache, and an unused key has none', async () => {
  const [used, unused] = [world.key(), world.key()]
  await world.call('/v1/accounts', { key: used })
  await until(async () => (await readLastUse(cache, used.slice(4, 14))) !== undefined)
  expect(await readLastUse(cache, used.slice(4, 14))).toBeGreaterThan(Date.now() - 60_000)
  expect(await readLastUse(cache, unused.slice(4, 14))).toBeUndefined()
})
