import { openCentralWorld, type CentralWorld, type Json } from './central-world.js'

let world: CentralWorld
beforeEach(async () => {
  world = await openCentralWorld()
})
afterEach(() => world.close())

const tokenOf = (query = ''): Promise<{ readonly status: number; readonly body: Json }> =>
  world.call(`/v1/accounts/bot/token${query}`)

test.each(['token', 'generation'])('GET …/token?refused=<%s> reports and answers in one call', async (by) => {
  const { body: first } = await tokenOf()
  world.simulator.revoke('qq')
  const refused = encodeURIComponent(String(by === 'token' ? first['access_token'] : first['generation']))
  const { body: second } = await tokenOf(`?refused=${refused}`)
  expect(second).toMatchObject({ generation: 2 })
  expect(second['access_token']).not.toBe(first['access_token'])
  // A late report of the older token refreshes nothing.
  expect((await tokenOf(`?refused=${refused}&code=11244&min_life=60`)).body).toMatchObject({ generation: 2 })
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('fifty reports in the query at once make one refresh', async () => {
  await tokenOf()
  world.simulator.revoke('qq')
  const answers = await Promise.all(Array.from({ length: 50 }, () => tokenOf('?refused=1')))
  expect(new Set(answers.map(({ body }) => body['generation']))).toEqual(new Set([2]))
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})

test('a report in the query needs the role reporter, and a code that means the token', async () => {
  await tokenOf()
  const reader = world.key({ role: 'reader', accounts: ['bot'] })
  expect((await world.call('/v1/accounts/bot/token?refused=1', { key: reader })).status).toBe(403)
  const others = world.key({ role: 'reporter', accounts: ['shop'] })
  expect((await world.call('/v1/accounts/bot/token?refused=1', { key: others })).status).toBe(404)
  expect((await tokenOf('?refused=1&code=100001')).status).toBe(400)
  expect((await tokenOf('?refused=')).status).toBe(400)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('a token in the query stands in no log line', async () => {
  const { body } = await tokenOf()
  const token = String(body['access_token'])
  await tokenOf(`?refused=${token}&code=100001`)
  await tokenOf(`?refused=${token}`)
  expect(world.logged()).not.toContain(token)
})
