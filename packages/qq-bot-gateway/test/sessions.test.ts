import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileCache } from '@lingpai/cache-file'
import { memoryCache } from '@lingpai/cache-memory'
import { type IAccessTokenCache } from '@lingpai/core'
import { chaosCache } from '@lingpai/testing'
import { journalOf, withGateways, type GatewayWorld } from './gateway-world.js'

const group = 'GROUP_AT_MESSAGE_CREATE'

/** Runs `use` with a world whose processes share a directory. */
async function withDirectory(use: (world: GatewayWorld, directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-gateway-'))
  try {
    await withGateways((world) => use(world, directory))
  } finally {
    await rm(directory, { recursive: true })
  }
}

test('a gateway that replaces a closed one resumes its session and receives the events in between', () =>
  withDirectory(async ({ simulator, clock, connected, open }, directory) => {
    const cacheOf = (): IAccessTokenCache => fileCache({ directory, clock })
    const first = await connected({ sessionCache: cacheOf() })
    simulator.qqGateway.dispatch(group)
    await clock.settle()
    await clock.runUntil(first.close())
    const missed = simulator.qqGateway.dispatch(group)
    const second = open({ sessionCache: cacheOf() })
    const seen: unknown[] = []
    second.on('dispatch', ({ eventId }) => seen.push(eventId))
    const journal = journalOf(second)
    await clock.runUntil(second.connect())
    expect(journal).toEqual(['connected', 'resumed:1'])
    expect(seen).toEqual([missed.id])
    expect(simulator.qqGateway.ledger.counts).toMatchObject({ identifies: 1, resumes: 1 })
  }))

test('a session whose owner died is taken over when the lease expires, and at most a second of events is replayed', () =>
  withDirectory(async ({ simulator, clock, connected, open }, directory) => {
    const cache = fileCache({ directory, clock })
    let isAlive = true
    // A killed process writes nothing more, and its socket is reset.
    const deadCache: IAccessTokenCache = {
      ...cache,
      set: (...args) => (isAlive ? cache.set(...args) : undefined),
      lease: {
        take: (...args) => (isAlive ? cache.lease!.take(...args) : new Promise<never>(() => undefined)),
        commit: (...args) => cache.lease!.commit(...args),
        release: (...args) => (isAlive ? cache.lease!.release(...args) : undefined),
      },
    }
    const dead = await connected({ sessionCache: deadCache })
    simulator.qqGateway.dispatch(group)
    await clock.advance(1500)
    const unwritten = simulator.qqGateway.dispatch(group)
    await clock.settle()
    isAlive = false
    simulator.fault({ endpoint: '/websocket', hang: true })
    simulator.qqGateway.disturb({ drop: 'reset' })
    const missed = simulator.qqGateway.dispatch(group)
    await clock.advance(1000)

    const heir = open({ sessionCache: fileCache({ directory, clock }) })
    const seen: unknown[] = []
    heir.on('dispatch', ({ eventId }) => seen.push(eventId))
    const journal = journalOf(heir)
    await clock.runUntil(heir.connect(), { limitMs: 10_000 })
    expect(journal).toEqual(['connected', 'resumed:2'])
    expect(seen).toEqual([unwritten.id, missed.id])
    expect(dead.status().state).toBe('connecting')
  }))

test('a second process of the same shard does not take the session of a running one', () =>
  withDirectory(async ({ simulator, clock, connected, open }, directory) => {
    const first = await connected({ sessionCache: fileCache({ directory, clock }) })
    const journal = journalOf(first)
    const second = open({ sessionCache: fileCache({ directory, clock }) })
    await clock.runUntil(second.connect())
    await clock.advance(20_000)
    expect(journal).toEqual([])
    expect(first.status().session?.id).not.toBe(second.status().session?.id)
    expect(simulator.qqGateway.ledger.counts).toMatchObject({ identifies: 2, resumes: 0, overLimit: 0 })
  }))

test('a process that was suspended too long loses its session to another and starts its own', () =>
  withDirectory(async ({ simulator, clock, connected, open }, directory) => {
    const cache = fileCache({ directory, clock })
    let isStopped = false
    const lease = cache.lease!
    const ofTheStopped: IAccessTokenCache = {
      ...cache,
      lease: { ...lease, take: (...args) => (isStopped ? new Promise<never>(() => undefined) : lease.take(...args)) },
    }
    const first = await connected({ sessionCache: ofTheStopped })
    const { session } = first.status()
    isStopped = true
    await clock.advance(9000)
    const second = open({ sessionCache: fileCache({ directory, clock }) })
    const connecting = second.connect()
    await clock.settle()
    isStopped = false
    await clock.runUntil(connecting)
    await clock.advance(30_000)
    expect(second.status()).toMatchObject({ state: 'live', session: { id: session?.id } })
    expect(first.status().state).toBe('live')
    expect(first.status().session?.id).not.toBe(session?.id)
    expect(simulator.qqGateway.ledger.counts).toMatchObject({ identifies: 2, resumes: 1, overLimit: 0 })
  }))

test('a session started with other intents is not resumed', () =>
  withDirectory(async ({ simulator, clock, connected, open }, directory) => {
    const sessionCache = fileCache({ directory, clock })
    await clock.runUntil((await connected({ sessionCache })).close())
    const other = open({ sessionCache, intents: ['GUILDS'] })
    await clock.runUntil(other.connect())
    expect(simulator.qqGateway.ledger.counts).toMatchObject({ identifies: 2, resumes: 0 })
  }))

test('a cache without a lease stores the session too', () =>
  withGateways(async ({ simulator, clock, connected, open }) => {
    const sessionCache = memoryCache({ clock })
    await clock.runUntil((await connected({ sessionCache })).close())
    await clock.runUntil(open({ sessionCache }).connect())
    expect(simulator.qqGateway.ledger.counts).toMatchObject({ identifies: 1, resumes: 1 })
  }))

test.each(['get', 'set', 'take', 'commit'] as const)(
  'a cache that fails in %s does not prevent the connection',
  (operation) =>
    withDirectory(async ({ clock, open }, directory) => {
      const cache = chaosCache(fileCache({ directory, clock }))
      cache.fail(operation, { times: Infinity })
      const gateway = open({ sessionCache: cache })
      const errors: unknown[] = []
      gateway.on('error', (error) => errors.push(error))
      await clock.runUntil(gateway.connect())
      await clock.advance(10_000)
      expect(gateway.status().state).toBe('live')
      expect(errors[0]).toMatchObject({ code: 'ERR_LINGPAI_CACHE', details: { problem: 'failed', reach: 'host' } })
    }),
)

test('a cache that hangs delays the connection only briefly', () =>
  withGateways(async ({ clock, open }) => {
    const cache = chaosCache(memoryCache({ clock }))
    cache.hang('get', { times: Infinity })
    const gateway = open({ sessionCache: cache })
    await clock.runUntil(gateway.connect(), { limitMs: 5000 })
    expect(gateway.status().state).toBe('live')
  }))

test('malformed text in the cache is not resumed', () =>
  withGateways(async ({ simulator, clock, open }) => {
    const cache = chaosCache(memoryCache({ clock }))
    cache.garble()
    await clock.runUntil(open({ sessionCache: cache }).connect())
    expect(simulator.qqGateway.ledger.counts).toMatchObject({ identifies: 1, resumes: 0 })
  }))

test('a stored session contains no token and no secret', () =>
  withDirectory(async ({ simulator, clock, connected, source }, directory) => {
    const gateway = await connected({ sessionCache: fileCache({ directory, clock }) })
    await clock.runUntil(gateway.close())
    const token = await source.getAccessToken()
    const names = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    expect(names.length).toBeGreaterThan(0)
    for (const { parentPath, name } of names) {
      const text = name + (await readFile(join(parentPath, name), 'utf8'))
      expect(text).not.toContain(token)
      expect(text).not.toContain(simulator.accounts.qq.clientSecret)
    }
  }))
