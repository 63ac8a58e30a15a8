import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encryptedCache, generateKey } from '@lingpai/cache-encrypted'
import { fileCache } from '@lingpai/cache-file'
import { memoryCache } from '@lingpai/cache-memory'
import { redisCache } from '@lingpai/cache-redis'
import { sqliteCache } from '@lingpai/cache-sqlite'
import { systemClock, type IAccessTokenCache } from '@lingpai/core'
import { testClock } from '@lingpai/testing'
import { signingKeys, type SigningKeys } from '../../src/forward/signing-key.js'
import { withRedis } from '../api/redis-server.js'

const cacheKey = 'lingpai:surrogate-key:1'
const opened: SigningKeys[] = []
afterEach(() => {
  for (const keys of opened.splice(0)) keys.close()
})
const open = (cache: IAccessTokenCache, clock = systemClock): SigningKeys => {
  const keys = signingKeys({ cache, clock })
  opened.push(keys)
  return keys
}
const first = (keys: SigningKeys): string => Buffer.from(keys.known()[0] ?? []).toString('hex')

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lingpai-signing-'))
})
afterAll(() => rm(directory, { recursive: true }))

const encryption = { keys: generateKey() }
const caches: readonly (readonly [string, () => readonly IAccessTokenCache[]])[] = [
  ['files', () => [1, 2, 3].map(() => fileCache({ directory: join(directory, 'files') }))],
  [
    'encrypted files',
    () => [1, 2, 3].map(() => encryptedCache(fileCache({ directory: join(directory, 'safe') }), encryption)),
  ],
  ['SQLite', () => [1, 2, 3].map(() => sqliteCache({ path: join(directory, 'tokens.sqlite') }))],
]

test.each(caches)('servers that start together on %s agree on one key', async (_, make) => {
  const made = make()
  const servers = made.map((cache) => open(cache))
  await Promise.all(servers.map((server) => server.ready()))
  expect(new Set(servers.map(first)).size).toBe(1)
  expect(first(servers[0] ?? open(memoryCache()))).toHaveLength(64)
  for (const cache of made) await cache.close?.()
})

withRedis(
  'servers that start together on one redis-server agree on one key',
  async ({ url }) => {
    const made = Array.from({ length: 6 }, () => redisCache({ url }))
    for (let times = 0; times < 5; times += 1) {
      const servers = made.map((cache) => open(cache))
      await Promise.all(servers.map((server) => server.ready()))
      expect(new Set(servers.map(first)).size).toBe(1)
      for (const server of servers) server.close()
      await made[0]?.remove(cacheKey)
    }
    for (const cache of made) await cache.close()
  },
  20_000,
)

test('a server that closes while another one writes the key does not wait for it', async () => {
  const cache = memoryCache()
  const clock = testClock()
  let isTried = (): void => undefined
  const tried = new Promise<void>((resolve) => (isTried = resolve))
  const lease = { ...cache.lease!, take: () => (isTried(), false) }
  const keys = open({ ...cache, lease }, clock)
  const ready = keys.ready()
  await tried
  keys.close()
  await expect(ready).rejects.toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT' })
})

test('a cache that fails gives an error, and the key once it works again', async () => {
  const memory = memoryCache()
  let isDown = true
  const get = (key: string) => {
    if (isDown) throw new RangeError('down')
    return memory.get(key)
  }
  const keys = open({ ...memory, get })
  await expect(keys.ready()).rejects.toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT' })
  isDown = false
  await keys.ready()
  expect(keys.known()).toHaveLength(1)
})

test('a key that the cache has lost is written again', async () => {
  const clock = testClock()
  const cache = memoryCache({ clock })
  const server = open(cache, clock)
  await server.ready()
  await cache.remove(cacheKey)
  await clock.advance(30_000)
  const late = open(cache, clock)
  await late.ready()
  expect(first(late)).toBe(first(server))
})

test('servers whose keys differ after the loss of the cache agree again, and the old key still verifies', async () => {
  const clock = testClock()
  const cache = memoryCache({ clock })
  const server = open(cache, clock)
  await server.ready()
  const before = first(server)
  await cache.remove(cacheKey)
  const late = open(cache, clock)
  await late.ready()
  await clock.advance(30_000)
  expect(first(server)).toBe(first(late))
  expect(server.known().map((key) => Buffer.from(key).toString('hex'))).toEqual([first(late), before])
})

test('a key that another server is writing is waited for', async () => {
  const clock = testClock()
  const memory = memoryCache({ clock })
  const written = Buffer.alloc(32, 7)
  let tries = 0
  const take = (): boolean => {
    tries += 1
    // The other server writes its key after this one has looked.
    if (tries === 2) queueMicrotask(() => void memory.set(cacheKey, written.toString('base64url')))
    return false
  }
  const lease = { take, commit: () => false, release: () => undefined }
  const keys = open({ ...memory, lease }, clock)
  const ready = keys.ready()
  await clock.advance(1000)
  await ready
  expect([first(keys), tries]).toEqual([written.toString('hex'), 2])
})
