import { openClientWorld, type ClientWorld } from './client-world.js'

let world: ClientWorld

beforeEach(async () => {
  world = await openClientWorld()
})

afterEach(() => world.close())

const issued = () => world.simulator.ledger.summary().tokensIssued

/** Waits until the stream is open and its updates have been handled. */
const settled = () => world.clock.advance(100)

test('two hundred clients with a revoked token cause one refresh', async () => {
  const sources = Array.from({ length: 200 }, () => world.client().source('bot', { provider: world.providers.bot }))
  await Promise.all(sources.map((source) => source.getAccessToken()))
  const before = issued()
  world.simulator.revoke(world.simulator.accounts.qq)
  const responses = await Promise.all(sources.map((source) => source.fetch('/gateway')))
  expect(responses.map(({ status }) => status)).toEqual(Array(200).fill(200))
  expect(issued() - before).toBe(1)
  await settled()
  expect(new Set(sources.map((source) => source.peek()))).toEqual(new Set([await world.own('bot').getAccessToken()]))
})

test('a late rejection of an older token causes no request', async () => {
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

test('a rejection of a token that the server has already replaced causes no refresh', async () => {
  const source = world.client().source('plain', { provider: world.providers.plain })
  const old = await source.getAccessToken()
  // The client has not received the event yet.
  const fresh = (await world.own('plain').refresh()).value
  expect(await source.reportRejected(old, 40001)).toBe(fresh)
  expect(issued()).toBe(2)
})

test("a reader's report of a rejected token fails with a hint, and the next token works", async () => {
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

test('a client requests a token again as soon as the server has recovered from a failure of the platform', async () => {
  const source = world.client().source('mp', { provider: world.providers.mp })
  const fault = world.simulator.fault({ times: 100, body: { errcode: 40164, errmsg: 'invalid ip 1.2.3.4' } })
  await expect(source.getAccessToken()).rejects.toMatchObject({ details: { errorClass: 'ip-denied' } })
  await settled()
  fault.clear()
  // Without the server's recovery, the cool-down would last at least five minutes.
  await expect(source.getAccessToken()).rejects.toMatchObject({ details: { errorClass: 'ip-denied' } })
  await world.own('mp').refresh()
  await settled()
  expect(await source.getAccessToken()).toBe(await world.own('mp').getAccessToken())
})
