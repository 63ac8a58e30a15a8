import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileCache } from '@lingpai/cache-file'
import type { Clock, IAccessTokenCache, TokenSource } from '@lingpai/core'
import { plainCache } from './plain-cache.js'
import { hour, minute, openWorld, second, type SourceName, type World } from './world.js'

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

/** A separate process, as far as memory is concerned. */
function processOn(
  change: (cache: IAccessTokenCache) => Partial<IAccessTokenCache> = () => ({}),
  name: SourceName = 'wechatPlain',
): TokenSource {
  const cache = fileCache({ directory, clock: world.clock })
  return world.source(name, world.manager({ cache: { ...cache, ...change(cache) } }))
}

/** The look at the cache that a call after a minute makes. */
async function look(source: TokenSource): Promise<void> {
  await world.clock.advance(61 * second)
  await source.getAccessToken()
  await world.clock.settle()
}

/** Asserts that a token with 40 of its 120 minutes gone is served, but not beyond its life. */
async function endsInTime(source: TokenSource, value: string): Promise<void> {
  await look(source)
  expect(source.peek()).toBe(value)
  world.simulator.fault({ endpoint: 'token', drop: 'before', times: Infinity })
  await world.clock.advance(80 * minute - 61 * second)
  await expect(world.clock.runUntil(source.getAccessToken())).rejects.toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT' })
}

const requests = (): number => world.simulator.ledger.tokenRequests()

test('a record that may have been written before the clock was set back does not live longer for it', async () => {
  const [mine, other] = [processOn(), processOn()]
  await mine.getAccessToken()
  const { value } = await world.clock.runUntil(other.refresh())
  await world.clock.advance(40 * minute)
  world.clock.jumpWall(-hour)
  await endsInTime(mine, value)
})

test('a process learns about the clock from its own write as well as from a look', async () => {
  const [mine, other] = [processOn(), processOn()]
  // Too soon for the lease to be renewed, which would bring a look.
  world.simulator.fault({ endpoint: 'token', latencyMs: 400 })
  const first = mine.getAccessToken()
  await world.clock.advance(200)
  world.clock.jumpWall(20 * minute)
  await world.clock.runUntil(first)
  const { value } = await world.clock.runUntil(other.refresh())
  await world.clock.advance(40 * minute)
  world.clock.jumpWall(-hour)
  await endsInTime(mine, value)
})

test('a record written after the clock was set back lives as long as it says', async () => {
  const [mine, other] = [processOn(), processOn()]
  await mine.getAccessToken()
  world.clock.jumpWall(-hour)
  const { value } = await world.clock.runUntil(other.refresh())
  await look(mine)
  expect(mine.peek()).toBe(value)
  await world.clock.advance(hour + 20 * minute)
  expect(await mine.getAccessToken()).toBe(value)
  await world.clock.settle()
  expect(requests()).toBe(2)
})

test('a record that may or may not be older than the set clock is settled by upstream’s response', async () => {
  const [mine, other] = [processOn(undefined, 'wechat'), processOn(undefined, 'wechat')]
  const first = await mine.getAccessToken()
  await other.getAccessToken()
  world.clock.jumpWall(-hour)
  await world.clock.advance(hour)
  world.simulator.revoke(world.simulator.accounts.wechat)
  const token = await world.clock.runUntil(other.reportRejected(first, 40001))
  expect(await world.clock.runUntil(mine.reportRejected(first, 40001))).toBe(token)
  const { value, expiresAtMs } = await world.clock.runUntil(mine.refresh())
  expect(value).toBe(token)
  expect(expiresAtMs - world.clock.now()).toBeGreaterThan(110 * minute)
})

/** A process whose store returns the first record that was read from it again, once `isBack`. */
function broughtBack(): { readonly source: TokenSource; isBack: boolean } {
  const texts: string[] = []
  const source = processOn((cache) => ({
    get: async (key) => {
      const text = await cache.get(key)
      if (key.endsWith(':failure')) return text
      if (typeof text === 'string') texts.push(text)
      return store.isBack ? texts[0] : text
    },
  }))
  const store = { source, isBack: false }
  return store
}

test('a rejected token is not adopted again from a store that lost its successor', async () => {
  await processOn().getAccessToken()
  const store = broughtBack()
  const first = await store.source.getAccessToken()
  // What is issued from now on looks older.
  world.clock.jumpWall(-hour)
  world.simulator.revoke(world.simulator.accounts.wechat)
  const next = await world.clock.runUntil(store.source.reportRejected(first, 40001))
  world.simulator.revoke(world.simulator.accounts.wechat)
  const last = await world.clock.runUntil(store.source.reportRejected(next, 40001))
  store.isBack = true
  await look(store.source)
  expect(await store.source.getAccessToken()).toBe(last)
  expect(new Set([first, next, last]).size).toBe(3)
})

test('a token that was rejected after others had replaced it is not adopted again from a store either', async () => {
  await processOn().getAccessToken()
  const store = broughtBack()
  const first = await store.source.getAccessToken()
  world.clock.jumpWall(-hour)
  await world.clock.runUntil(store.source.refresh())
  const { value: last } = await world.clock.runUntil(store.source.refresh())
  expect(await store.source.reportRejected(first, 40001)).toBe(last)
  store.isBack = true
  await look(store.source)
  expect(await store.source.getAccessToken()).toBe(last)
  expect(requests()).toBe(3)
})

describe('a token that was fetched while the store was down', () => {
  const cutOff = (): { readonly source: TokenSource; isAway: boolean } => {
    const source = processOn((cache) => ({
      get: (key) => (box.isAway ? Promise.reject(new TypeError('no answer')) : cache.get(key)),
    }))
    const box = { source, isAway: true }
    return box
  }

  test('stays in use beside a record from before the clock was set back', async () => {
    const other = processOn()
    await other.getAccessToken()
    await other.refresh()
    world.clock.jumpWall(-hour)
    const mine = cutOff()
    const { value } = await world.clock.runUntil(mine.source.getRecord())
    mine.isAway = false
    await world.clock.advance(10 * second)
    await look(mine.source)
    expect(mine.source.peek()).toBe(value)
    // All processes have this token from now on.
    expect(await processOn().getAccessToken()).toBe(value)
    expect(requests()).toBe(3)
  })

  test('gives way to a later record of a host whose clock is ahead', async () => {
    const { cache } = plainCache()
    let isAway = true
    const get: IAccessTokenCache['get'] = (key) =>
      isAway ? Promise.reject(new TypeError('no answer')) : cache.get(key)
    const { clock } = world
    const ahead: Clock = { ...clock, now: () => clock.now() + 30 * second }
    const mine = world.source('wechatPlain', world.manager({ cache: { ...cache, get, reach: 'fleet' } }))
    const other = world.source('wechatPlain', world.manager({ cache: { ...cache, reach: 'fleet' }, clock: ahead }))
    await clock.runUntil(mine.getAccessToken())
    await clock.advance(second)
    const token = await other.getAccessToken()
    isAway = false
    await clock.advance(10 * second)
    expect(await mine.getAccessToken()).toBe(token)
    expect(await other.getAccessToken()).toBe(token)
  })

  test.each([
    ['both before the clock was set back', 'before'],
    ['after the clock was set back', 'after'],
  ])('gives way to a later record, %s', async (_, when) => {
    const [mine, other] = [cutOff(), processOn()]
    await world.clock.runUntil(mine.source.getAccessToken())
    await world.clock.advance(minute)
    if (when === 'after') world.clock.jumpWall(-4 * minute)
    await other.getAccessToken()
    const { value } = await other.refresh()
    // With more, the cached record would be from the future: replaced, not believed.
    if (when === 'before') world.clock.jumpWall(-4 * minute)
    mine.isAway = false
    await look(mine.source)
    expect(mine.source.peek()).toBe(value)
    expect(requests()).toBe(3)
  })
})

describe('a response of the store that came while the process was stopped', () => {
  const sleeping = (answers: readonly ('record' | 'nothing' | 'failure')[]): TokenSource => {
    let reads = 0
    return processOn((cache) => ({
      get: async (key) => {
        if (key.endsWith(':failure')) return cache.get(key)
        const answer = answers[reads++]
        if (answer === undefined) return cache.get(key)
        world.clock.jumpWall(5 * second)
        if (answer === 'failure') throw new TypeError('no answer')
        return answer === 'record' ? cache.get(key) : undefined
      },
    }))
  }

  test.each([
    ['causes another read', ['nothing'], 1],
    ['counts if the store then fails', ['record', 'failure'], 1],
    ['counts for nothing if it held nothing and the store then fails', ['nothing', 'failure', 'failure', 'failure'], 2],
    ['counts the third time', new Array<'nothing'>(20).fill('nothing'), 2],
  ] as const)('%s', async (_, answers, count) => {
    await processOn().getAccessToken()
    await world.clock.runUntil(sleeping(answers).getAccessToken())
    expect(requests()).toBe(count)
  })
})
