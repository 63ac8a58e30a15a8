import { apiPath, openWorld, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const refusal = { errcode: 42001, errmsg: 'access_token expired' }

test('a second token rejected in the repeated call returns the platform’s response, and is not served again', async () => {
  const { simulator } = world
  const source = world.source('wechatPlain')
  const first = await source.getAccessToken()
  // Each of two calls, and the probe of each young token.
  simulator.fault({ endpoint: apiPath.wechatPlain, times: 4, body: refusal })
  const response = await source.fetch(apiPath.wechatPlain)
  // Called at once: nothing may be awaited before the rejected token is out of use.
  const next = source.getAccessToken()
  expect(await response.json()).toEqual(refusal)
  // The second token has the second generation.
  expect(await next).not.toBe(first)
  expect((await source.getRecord()).generation).toBe(3)
  expect(world.count('rejected')).toBe(2)
  expect(simulator.ledger.tokenRequests()).toBe(3)
})

for (const shape of ['returned', 'thrown'] as const) {
  test(`a second rejection that is ${shape} in withToken reaches the caller, and its token is not served again`, async () => {
    const source = world.source('wechatPlain')
    world.simulator.fault({ endpoint: apiPath.wechatPlain, times: Infinity, body: refusal })
    const tried: string[] = []
    const run = source.withToken((token) => {
      tried.push(token)
      if (shape === 'returned') return refusal
      throw Object.assign(new Error('refused'), refusal)
    })
    await (shape === 'returned' ? expect(run).resolves.toEqual(refusal) : expect(run).rejects.toMatchObject(refusal))
    expect(tried).not.toContain(await source.getAccessToken())
    expect(new Set(tried).size).toBe(2)
    expect(world.simulator.ledger.tokenRequests()).toBe(3)
  })
}
