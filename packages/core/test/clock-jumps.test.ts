import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileCache } from '@lingpai/cache-file'
import { plainCache } from './plain-cache.js'
import { apiPath, hour, minute, openWorld, second, type SourceName, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

/** A call that must succeed with a token that is alive by the platform's own clock. */
async function callWorks(name: SourceName): Promise<void> {
  const reply = await world.clock.runUntil(world.source(name).fetch(apiPath[name]))
  expect(reply.status).toBe(200)
  expect(world.simulator.ledger.deadPresented()).toBe(0)
}

for (const name of ['qq', 'wechat', 'wechatPlain', 'wecom'] as const) {
  test(`${name}: a machine that sleeps three hours, its monotonic clock standing still, serves no expired token`, async () => {
    await callWorks(name)
    const old = await world.source(name).getAccessToken()
    world.clock.jumpWall(3 * hour)
    world.simulator.skipTime(3 * hour)
    expect(world.source(name).peek()).toBeUndefined()
    await callWorks(name)
    expect(await world.source(name).getAccessToken()).not.toBe(old)
  })

  test(`${name}: a wall clock that is set back repeatedly prolongs no token`, async () => {
    await callWorks(name)
    const old = await world.source(name).getAccessToken()
    const { expiresAtMs } = await world.source(name).getRecord()
    const lifeMs = expiresAtMs - world.clock.now()
    for (let passed = 0; passed < lifeMs; passed += minute) {
      await world.clock.advance(minute)
      world.clock.jumpWall(-minute)
      await world.source(name).getAccessToken()
    }
    await world.clock.runUntil(world.source(name).getAccessToken())
    expect(await world.source(name).getAccessToken()).not.toBe(old)
  })
}

test('a machine that slept during an upstream request waits for the response, which has invalidated the token in memory', async () => {
  const source = world.source('wechatPlain')
  const { value: old, expiresAtMs } = await source.getRecord()
  await world.clock.advance(expiresAtMs - world.clock.now() - 8 * minute)
  world.simulator.fault({ endpoint: 'token', latencyMs: 2 * second })
  expect(await source.getAccessToken()).toBe(old)
  await world.clock.advance(second)
  expect(await source.getAccessToken()).toBe(old)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
  world.clock.jumpWall(295 * second)
  expect(source.peek()).toBeUndefined()
  const token = await world.clock.runUntil(source.getAccessToken())
  expect(token).not.toBe(old)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('a token expires in time although the wall clock was set back within the last second', async () => {
  const source = world.source('qq')
  const { expiresAtMs } = await source.getRecord()
  await world.clock.advance(expiresAtMs - world.clock.now() - 10 * second)
  await source.getAccessToken()
  world.clock.jumpWall(-hour)
  world.simulator.fault({ endpoint: 'token', drop: 'before', times: Infinity })
  await world.clock.advance(10 * second)
  expect(source.peek()).toBeUndefined()
})

test('a wall clock that is set during an upstream request does not age the token for others that share the store’s time', async () => {
  const cache = { ...plainCache().cache, nowMs: () => 5_000_000 + world.clock.monotonic() }
  const source = world.source('wechatPlain', world.manager({ cache }))
  await source.getAccessToken()
  world.simulator.fault({ endpoint: 'token', latencyMs: 2 * second })
  const askedAtMs = 5_000_000 + world.clock.monotonic()
  const refreshed = source.refresh()
  await world.clock.advance(second)
  world.clock.jumpWall(300 * second)
  const { issuedAtMs, expiresAtMs } = await world.clock.runUntil(refreshed)
  expect({ issuedAtMs, expiresAtMs }).toEqual({ issuedAtMs: askedAtMs, expiresAtMs: askedAtMs + 2 * hour })
})

describe('a wall clock that is set during an upstream request, over a store with a clock', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  /** Two callers of two managers; the clock of the one that sends the request is set meanwhile. */
  async function outcomes(): Promise<readonly PromiseSettledResult<string>[]> {
    const { clock } = world
    const nowMs = (): number => clock.now() - setByMs
    let setByMs = 0
    const call = (): Promise<string> =>
      world
        .source('wechatPlain', world.manager({ cache: { ...fileCache({ directory, clock: { now: nowMs } }), nowMs } }))
        .getAccessToken()
    return clock.runUntil(
      (async () => {
        const asking = call()
        while (world.simulator.ledger.tokenRequests() === 0) await clock.settle()
        clock.jumpWall((setByMs = 3 * hour))
        return Promise.allSettled([asking, call()])
      })(),
    )
  }

  test('the wait of another manager costs no second request', async () => {
    world.simulator.fault({ endpoint: 'token', latencyMs: 2 * second })
    for (const outcome of await outcomes()) expect(outcome).toMatchObject({ status: 'fulfilled' })
    expect(world.simulator.ledger.tokenRequests()).toBe(1)
  })

  test('a limit that upstream reported stays in force', async () => {
    const body = { errcode: 45011, errmsg: 'api minute-quota reached' }
    world.simulator.fault({ endpoint: 'token', latencyMs: 2 * second, body, times: Infinity })
    for (const outcome of await outcomes()) expect(outcome).toMatchObject({ reason: { code: 'ERR_LINGPAI_PLATFORM' } })
    expect(world.simulator.ledger.tokenRequests()).toBe(1)
  })
})

test('a timer of forty days does not fire immediately, and no timer keeps the process alive', () => {
  const child = new URL('children/timers.ts', import.meta.url).pathname
  const options = ['--conditions=@lingpai/source', '--import', 'tsx', child]
  const { status, stdout, stderr } = spawnSync(process.execPath, options, { encoding: 'utf8', timeout: 20_000 })
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' })
})
