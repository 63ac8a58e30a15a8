import { plainCache } from './plain-cache.js'
import { apiPath, minute, openWorld, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

test('young tokens that are rejected repeatedly emit foreign-refresh, and the refreshes wait between each other', async () => {
  const { simulator, clock } = world
  const source = world.source('wechat')
  await source.getAccessToken()
  const startedAtMs = clock.now()
  for (let duel = 0; duel < 8; duel += 1) {
    simulator.revoke(simulator.accounts.wechat)
    await clock.runUntil(source.fetch(apiPath.wechat)).catch(() => undefined)
    await clock.advance(100)
  }
  expect(world.count('foreign-refresh')).toBeGreaterThan(0)
  const perMinute = simulator.ledger.tokenRequests() / ((clock.now() - startedAtMs) / minute)
  expect(perMinute).toBeLessThan(60)
})

test('a refresh that waits because of a rival sends no request once a forced one has brought a token', async () => {
  const { simulator, clock } = world
  const source = world.source('wechat', world.manager({ cache: plainCache().cache }))
  await source.getAccessToken()
  let waiting: Promise<unknown> | undefined
  while (world.count('foreign-refresh') === 0) {
    await waiting
    simulator.revoke(simulator.accounts.wechat)
    waiting = source.fetch(apiPath.wechat)
    await clock.settle()
  }
  const { value } = await source.refresh()
  const requests = simulator.ledger.tokenRequests()
  await clock.runUntil(waiting ?? Promise.reject(new Error('no caller waits')))
  expect(await source.getAccessToken()).toBe(value)
  expect(simulator.ledger.tokenRequests()).toBe(requests)
})
