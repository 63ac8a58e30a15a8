import { plainCache } from './plain-cache.js'
import { openWorld, second, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

test.each(['an older record', 'no record'])(
  'a store that fell back to %s gets the newer one from who holds it',
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
