import { openServerWorld, type ServerWorld, type Json } from './server-world.js'

let world: ServerWorld
beforeEach(async () => {
  world = await openServerWorld()
})
afterEach(() => world.close())

const tokenOf = (query = ''): Promise<{ readonly status: number; readonly body: Json }> =>
  world.call(`/v1/accounts/bot/token${query}`)

test.each(['token', 'generation'])(
  'GET …/token?refused=<%s> reports a rejected token and returns another one',
  async (by) => {
    const { body: first } = await tokenOf()
    world.simulator.revoke('qq')
    const refused = encodeURIComponent(String(by === 'token' ? first['access_token'] : first['generation']))
    const { body: second } = await tokenOf(`?refused=${refused}`)
    expect(second).toMatchObject({ generation: 2 })
    expect(second['access_token']).not.toBe(first['access_token'])
    // A late report of the older token causes no refresh.
    expect((await tokenOf(`?refused=${refused}&code=11244&min_life=60`)).body).toMatchObject({ generation: 2 })
    expect(world.simulator.ledger.tokenRequests()).toBe(2)
  },
)

test('fifty concurrent reports in the query cause one refresh', async () => {
  await tokenOf()
  world.simulator.revoke('qq')
  const responses = await Promise.all(Array.from({ length: 50 }, () => tokenOf('?refused=1')))
  expect(new Set(responses.map(({ body }) => body['generation']))).toEqual(new Set([2]))
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('a report in the query requires the role reporter and the code of a token error', async () => {
  await tokenOf()
  const reader = world.key({ role: 'reader', accounts: ['bot'] })
  expect((await world.call('/v1/accounts/bot/token?refused=1', { key: reader })).status).toBe(403)
  const others = world.key({ role: 'reporter', accounts: ['shop'] })
  expect((await world.call('/v1/accounts/bot/token?refused=1', { key: others })).status).toBe(404)
  expect((await tokenOf('?refused=1&code=100001')).status).toBe(400)
  expect((await tokenOf('?refused=')).status).toBe(400)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('a token in the query appears in no log line', async () => {
  const { body } = await tokenOf()
  const token = String(body['access_token'])
  await tokenOf(`?refused=${token}&code=100001`)
  await tokenOf(`?refused=${token}`)
  expect(world.logged()).not.toContain(token)
})
