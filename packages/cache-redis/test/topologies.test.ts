import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createCluster, createSentinel } from '@keyv/redis'
import { redisCache, type RedisClient } from '@lingpai/cache-redis'
import type { IAccessTokenCache } from '@lingpai/core'
import { entryKeys } from '../src/redis-key.js'
import { freePort, launch, send, withRealRedis, type Server } from '../../testing/test/support/redis-server.js'

type Node = Server & { readonly port: number }

const servers: Node[] = []
const caches: IAccessTokenCache[] = []
const clients: { destroy(): unknown }[] = []
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lingpai-redis-'))
})
afterEach(async () => {
  for (const cache of caches.splice(0)) await cache.close?.()
  for (const client of clients.splice(0)) await client.destroy()
  for (const server of servers.splice(0)) {
    server.process.kill('SIGKILL')
    await server.ended
  }
  await rm(directory, { recursive: true, force: true })
})

async function start(args: readonly string[] = [], ready?: RegExp): Promise<Node> {
  const port = await freePort()
  const server = { ...(await launch(port, args, ready)), port }
  servers.push(server)
  return server
}

const urlOf = (port: number): string => `redis://127.0.0.1:${port}`

/** A sentinel keeps its state in its configuration file. */
async function startSentinel(masterPort: number): Promise<Node> {
  const file = join(directory, `sentinel-${servers.length}.conf`)
  const lines = [
    `sentinel monitor mymaster 127.0.0.1 ${masterPort} 2`,
    'sentinel down-after-milliseconds mymaster 500',
    'sentinel failover-timeout mymaster 3000',
    'sentinel parallel-syncs mymaster 1',
  ]
  writeFileSync(file, lines.join('\n'), { mode: 0o600 })
  return start([file, '--sentinel'], /\+monitor master/)
}

/** Tries until it succeeds, for at most `withinMs`. */
async function eventually<T>(withinMs: number, attempt: () => Promise<T>): Promise<T> {
  const endsAtMs = performance.now() + withinMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > endsAtMs) throw error
      await pause(20)
    }
  }
}

async function useLease(cache: ReturnType<typeof redisCache>, key: string, value: string): Promise<void> {
  expect(await cache.lease.take(key, value, 2000)).toBe(true)
  expect(await cache.lease.take(key, 'another', 2000)).toBe(false)
  expect(await cache.lease.commit(key, value, value, Date.now() + 60_000)).toBe(true)
  expect(await cache.get(key)).toBe(value)
  await cache.set(`${key}:failure`, 'note')
  await cache.remove(`${key}:failure`)
  await cache.lease.release(key, value)
}

withRealRedis(
  'Sentinel: the master is killed, and the cache goes on with the next one',
  async () => {
    const master = await start()
    const replica = await start(['--replicaof', '127.0.0.1', String(master.port)])
    const sentinels = [
      await startSentinel(master.port),
      await startSentinel(master.port),
      await startSentinel(master.port),
    ]
    const nodes = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')
    const cache = redisCache({ url: `redis+sentinel://${nodes}/mymaster` })
    const client = createSentinel({
      name: 'mymaster',
      sentinelRootNodes: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
      nodeClientOptions: { disableOfflineQueue: true },
    })
    clients.push(client)
    client.on('error', () => undefined)
    await client.connect()
    const given = redisCache({ client: client as unknown as RedisClient })
    caches.push(cache, given)
    await useLease(cache, 'a', 'before')
    expect(await given.get('a')).toBe('before')
    await useLease(given, 'b', 'given')
    let heard = 0
    cache.subscribe(({ key }) => (heard += key === 'c' ? 1 : 0))
    given.subscribe(({ key }) => (heard += key === 'c' ? 1 : 0))
    await eventually(10_000, async () => {
      await cache.set('c', 'x')
      expect(heard).toBeGreaterThan(1)
    })
    await eventually(10_000, async () => {
      expect(await send(urlOf(replica.port), ['GET', entryKeys('a').record])).toBe('before')
      const known = (await send(urlOf(sentinels[0]!.port), ['SENTINEL', 'SENTINELS', 'mymaster'])) as unknown[]
      expect(known).toHaveLength(2)
    })

    master.process.kill('SIGKILL')
    await expect(cache.set('d', 'x')).rejects.toMatchObject({ name: 'RedisStoreError' })
    await eventually(20_000, () => cache.set('d', 'after'))
    expect(await send(urlOf(replica.port), ['GET', entryKeys('d').record])).toBe('after')
    expect(await cache.get('a')).toBe('before')
    heard = 0
    await eventually(10_000, async () => {
      await cache.set('c', 'y')
      expect(heard).toBeGreaterThan(0)
    })
    await eventually(10_000, () => given.set('e', 'after'))
    await client.destroy()
  },
  60_000,
)

withRealRedis(
  'a cluster of three: records, leases and news, and the keys of an account on one node',
  async () => {
    const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000']
    const nodes = [await start(args), await start(args), await start(args)]
    const shares = [
      [0, 5460],
      [5461, 10922],
      [10923, 16383],
    ] as const
    for (const [index, { port }] of nodes.entries()) {
      const [from, to] = shares[index]!
      await send(urlOf(port), ['CLUSTER', 'ADDSLOTSRANGE', String(from), String(to)])
      if (index > 0) await send(urlOf(port), ['CLUSTER', 'MEET', '127.0.0.1', String(nodes[0]!.port)])
    }
    for (const { port } of nodes) {
      await eventually(20_000, async () => {
        expect(await send(urlOf(port), ['CLUSTER', 'INFO'])).toMatch(/cluster_state:ok/)
        expect((await send(urlOf(port), ['CLUSTER', 'SLOTS'])) as unknown[]).toHaveLength(3)
      })
    }
    const url = `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`
    const cache = redisCache({ url })
    const client = createCluster({
      rootNodes: nodes.map(({ port }) => ({ url: urlOf(port) })),
      defaults: { disableOfflineQueue: true },
    })
    clients.push(client)
    client.on('error', () => undefined)
    await client.connect()
    const given = redisCache({ client: client as unknown as RedisClient })
    caches.push(cache, given)
    const keys = Array.from({ length: 20 }, (_, index) => `lingpai:1:wecom:app:host:ww${index ** 5}:${index * 7919}`)
    for (const key of keys) await useLease(cache, key, `value of ${key}`)
    for (const key of keys) {
      expect(await given.get(key)).toBe(`value of ${key}`)
      const names = [key, `${key}:failure`].flatMap((each) => Object.values(entryKeys(each)) as string[])
      const slots = await Promise.all(names.map((name) => send(urlOf(nodes[0]!.port), ['CLUSTER', 'KEYSLOT', name])))
      expect(new Set(slots).size).toBe(1)
    }
    const sizes = await Promise.all(nodes.map(({ port }) => send(urlOf(port), ['DBSIZE'])))
    expect(sizes.reduce<number>((sum, size) => sum + Number(size), 0)).toBe(keys.length)
    for (const size of sizes) expect(Number(size)).toBeGreaterThan(0)
    expect(await cache.nowMs()).toBeGreaterThan(0)

    const told = new Set<string>()
    cache.subscribe(({ key }) => told.add(`cache ${key}`))
    given.subscribe(({ key }) => told.add(`given ${key}`))
    await eventually(10_000, async () => {
      for (const key of keys) await given.set(key, 'again')
      expect(told.size).toBe(2 * keys.length)
    })

    // One node dies without a replica: the accounts of the others go on.
    nodes[0]!.process.kill('SIGKILL')
    const config = ['CONFIG', 'SET', 'cluster-require-full-coverage', 'no']
    for (const { port } of nodes.slice(1)) await send(urlOf(port), config)
    const outcomes = await Promise.all(keys.map((key) => cache.get(key).catch(() => 'lost')))
    expect(outcomes).toContain('lost')
    await eventually(10_000, async () => {
      const again = await Promise.allSettled(keys.map((key) => cache.set(key, 'still')))
      expect(again.filter(({ status }) => status === 'fulfilled')).toHaveLength(Number(sizes[1]) + Number(sizes[2]))
    })
    client.destroy()
  },
  60_000,
)
