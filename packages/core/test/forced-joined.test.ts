import { TokenManager } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { plainCache } from './plain-cache.js'
import { openWorld, second, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

test('a caller does not wait for a forced refresh while the cache has a token', async () => {
  const { clock, simulator } = world
  const { cache } = plainCache()
  await using first = new TokenManager({ cache, clock })
  await using second_ = new TokenManager({ cache: { ...cache, reach: 'fleet' }, clock })
  const [there, here] = [first, second_].map((manager) =>
    manager.source(simulator.provider(wechatMpPlain), simulator.accounts.wechat),
  )
  const stored = await there?.getAccessToken()
  simulator.fault({ endpoint: 'token', latencyMs: 5 * second, times: 1 })
  const forced = here?.refresh()
  let token: string | undefined
  const called = here?.getAccessToken().then((value) => (token = value))
  await clock.settle()
  expect([token !== undefined, token === stored]).toEqual([true, true])
  await clock.runUntil(Promise.all([forced, called]))
  expect(here?.peek() === stored).toBe(false)
})
