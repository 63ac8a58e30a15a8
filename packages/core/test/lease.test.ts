import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CacheLease, IAccessTokenCache } from '@lingpai/core'
import { fileCache } from '@lingpai/cache-file'
import { openWorld, second, type World } from './world.js'

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

const open = (): IAccessTokenCache => fileCache({ directory, now: world.clock.now })

/** A cache of the same directory whose lease is in the test's hands. */
function openWith(change: (lease: CacheLease) => Partial<CacheLease>): IAccessTokenCache {
  const inner = open()
  const { lease } = inner
  return lease === undefined ? inner : { ...inner, lease: { ...lease, ...change(lease) } }
}

const sourceOn = (cache: IAccessTokenCache): ReturnType<World['source']> =>
  world.source('wechatPlain', world.manager({ cache }))

/** Runs until the platform has seen so many token requests. */
async function requestsSeen(count: number): Promise<void> {
  while (world.simulator.ledger.tokenRequests() < count) await world.clock.settle()
}

test('a slow upstream costs no second request: the lease is renewed while it is asked', async () => {
  world.simulator.fault({ endpoint: 'token', latencyMs: 8 * second })
  const [mine, theirs] = [sourceOn(open()), sourceOn(open())]
  const tokens = await world.clock.runUntil(Promise.all([mine.getAccessToken(), theirs.getAccessToken()]))
  expect(new Set(tokens).size).toBe(1)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('who waits for a holder that never finishes gets a LeaseError within timeoutMs', async () => {
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
  await cache.lease?.take(keys[0] ?? '', 'somebody else', 3600 * second)
  await expect(world.clock.runUntil(waiting.getAccessToken())).rejects.toMatchObject({
    code: 'ERR_LINGPAI_LEASE',
    retryable: true,
    hint: expect.any(String),
  })
})

test('a record that came between the look and the lease is taken, upstream is not asked', async () => {
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

test('a holder whose renewals fail loses the lease; the newer record stands, and its own token is dropped', async () => {
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

test('a holder that took the lease anew after others had it looks again before it writes', async () => {
  let takes = 0
  let release: () => void = () => undefined
  const revived = new Promise<void>((resolve) => (release = resolve))
  const stalled = sourceOn(
    openWith((lease) => ({
      // Its first renewal reaches the store only after another process had the lease and gave it back.
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
