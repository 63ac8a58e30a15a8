import { plainCache } from './plain-cache.js'
import { openWorld, second, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

test.each(['an older record', 'no record'])(
  'a store that fell back to %s gets the newer record from a process that holds it',
  async (what) => {
    const { clock, simulator } = world
    const { cache, stored } = plainCache()
    const open = (): ReturnType<typeof world.source> =>
      world.source('wechatPlain', world.manager({ cache: { ...cache, reach: 'host' } }))
    const source = open()
    await source.getAccessToken()
    const before = what === 'no record' ? [] : [...stored.entries()]
    const { value, generation } = await source.refresh()
    stored.clear()
    for (const [key, text] of before) stored.set(key, text)
    await clock.advance(61 * second)
    expect(await source.getAccessToken()).toBe(value)
    await clock.advance(10 * second)
    expect(await open().getRecord()).toMatchObject({ value, generation })
    expect(simulator.ledger.tokenRequests()).toBe(2)
  },
)

test('a store that lost a cool-down gets it back from a failed forced refresh', async () => {
  const { clock, simulator } = world
  const { cache, stored } = plainCache()
  const open = (): ReturnType<typeof world.source> =>
    world.source('wechatPlain', world.manager({ cache: { ...cache, reach: 'host' } }))
  const source = open()
  simulator.fault({ endpoint: 'token', body: { errcode: 40001, errmsg: 'invalid credential' } })
  await expect(clock.runUntil(source.getAccessToken())).rejects.toMatchObject({ code: 'ERR_LINGPAI_PLATFORM' })
  stored.clear()
  simulator.fault({ endpoint: 'token', status: 500, times: 3 })
  await expect(clock.runUntil(source.refresh())).rejects.toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT' })
  const requests = simulator.ledger.tokenRequests()
  await expect(clock.runUntil(open().getAccessToken())).rejects.toMatchObject({ code: 'ERR_LINGPAI_PLATFORM' })
  expect(simulator.ledger.tokenRequests()).toBe(requests)
})
