import { openCentralWorld, type CentralWorld } from './central-world.js'

let world: CentralWorld

beforeEach(async () => {
  world = await openCentralWorld()
})

afterEach(() => world.close())

const issued = () => world.simulator.ledger.summary().tokensIssued

/** Lets the stream open, and what it brings arrive. */
const settled = () => world.clock.advance(100)

test('a revoked token is healed by one refresh for all calls of two hundred clients', async () => {
  const sources = Array.from({ length: 200 }, () => world.client().source('bot', { provider: world.providers.bot }))
  await Promise.all(sources.map((source) => source.getAccessToken()))
  const before = issued()
  world.simulator.revoke(world.simulator.accounts.qq)
  const replies = await Promise.all(sources.map((source) => source.fetch('/gateway')))
  expect(replies.map(({ status }) => status)).toEqual(Array(200).fill(200))
  expect(issued() - before).toBe(1)
  await settled()
  expect(new Set(sources.map((source) => source.peek()))).toEqual(new Set([await world.own('bot').getAccessToken()]))
})

test('a late rejection of an older token causes nothing', async () => {
  const source = world.client({ key: world.key('admin') }).source('plain', { provider: world.providers.plain })
  const old = await source.getRecord()
  await source.refresh()
  await settled()
  const { length } = world.requests
  const current = await source.getAccessToken()
  expect(await source.reportRejected(old.value, 40001)).toBe(current)
  expect(await source.reportRejected({ generation: old.generation }, 40001)).toBe(current)
  expect(world.requests).toHaveLength(length)
  expect(issued()).toBe(2)
})

test('a rejection that the server has healed already is not healed again', async () => {
  const source = world.client().source('plain', { provider: world.providers.plain })
  const old = await source.getAccessToken()
  // The client has not heard of it yet.
  const fresh = (await world.own('plain').refresh()).value
  expect(await source.reportRejected(old, 40001)).toBe(fresh)
  expect(issued()).toBe(2)
})

test('a reader may not report, is told so, and goes on with the next token', async () => {
  const source = world.client({ key: world.key('reader') }).source('bot', { provider: world.providers.bot })
  await source.getAccessToken()
  await settled()
  world.simulator.revoke(world.simulator.accounts.qq)
  await expect(source.fetch('/gateway')).rejects.toMatchObject({
    details: { platformCode: 'ERR_FORBIDDEN' },
    hint: expect.stringContaining('reporter'),
  })
  await world.own('bot').refresh()
  await settled()
  expect((await source.fetch('/gateway')).status).toBe(200)
})

test('a failure of the platform that the server got over holds no client back', async () => {
  const source = world.client().source('mp', { provider: world.providers.mp })
  const fault = world.simulator.fault({ times: 100, body: { errcode: 40164, errmsg: 'invalid ip 1.2.3.4' } })
  await expect(source.getAccessToken()).rejects.toMatchObject({ details: { errorClass: 'ip-denied' } })
  await settled()
  fault.clear()
  // It would be told to wait for five minutes and more.
  await expect(source.getAccessToken()).rejects.toMatchObject({ details: { errorClass: 'ip-denied' } })
  await world.own('mp').refresh()
  await settled()
  expect(await source.getAccessToken()).toBe(await world.own('mp').getAccessToken())
})
