import type { ServerResponse } from 'node:http'
import { openCentralWorld, type CentralWorld } from './central-world.js'
import { proxyTo } from './proxy-to.js'

let world: CentralWorld

beforeEach(async () => {
  world = await openCentralWorld()
})

afterEach(() => world.close())

const issued = () => world.simulator.ledger.summary().tokensIssued
const dead = () => Object.values(world.simulator.ledger.summary().dead).reduce((sum, count) => sum + count, 0)

/** Lets the stream open, and what it brings arrive. */
const settled = () => world.clock.advance(100)

test('another token arrives by an event, before anybody asks and before the old one dies', async () => {
  const source = world.client().source('plain', { provider: world.providers.plain })
  const old = await source.getAccessToken()
  await settled()
  await world.own('plain').refresh()
  const waited = source.getAccessToken()
  await settled()
  // The old one was good meanwhile: nobody waited.
  expect(await waited).toBe(old)
  expect(source.peek()).toBe(await world.own('plain').getAccessToken())
  expect(source.peek()).not.toBe(old)
  expect(world.requests).toEqual(['GET /v1/accounts/plain/token', 'GET /v1/accounts/plain/token'])
})

test('fifty clients turn over, and upstream is asked once', async () => {
  const sources = Array.from({ length: 50 }, () => world.client().source('plain'))
  await Promise.all(sources.map((source) => source.getAccessToken()))
  await settled()
  await world.own('plain').refresh()
  await settled()
  const token = await world.own('plain').getAccessToken()
  expect(new Set(sources.map((source) => source.peek()))).toEqual(new Set([token]))
  expect(issued()).toBe(2)
})

test('an event of an account that nobody asked for, or of one that is not here, causes no request', async () => {
  const client = world.client()
  client.source('plain')
  await settled()
  await world.own('plain').refresh()
  await world.own('corp').getAccessToken()
  await settled()
  expect(world.requests).toEqual([])
})

test('without a stream the list of accounts is looked at, and tells of another token', async () => {
  await using proxy = await proxyTo(world.url, (_, response) => response.writeHead(502).end())
  const source = world.client({ url: proxy.url }).source('plain')
  const old = await source.getAccessToken()
  await world.own('plain').refresh()
  await world.clock.advance(35_000)
  expect(source.peek()).toBe(await world.own('plain').getAccessToken())
  expect(source.peek()).not.toBe(old)
})

test('while the stream is refused the server is asked about twice a minute, for all accounts together', async () => {
  await using proxy = await proxyTo(world.url, (_, response) => response.writeHead(502).end())
  const client = world.client({ url: proxy.url })
  for (const name of ['bot', 'mp', 'corp']) await client.source(name).getAccessToken()
  await world.clock.advance(300_000)
  proxy.requests.length = 0
  await world.clock.advance(600_000)
  const streams = proxy.requests.filter((path) => path === '/v1/events').length
  const lists = proxy.requests.filter((path) => path === '/v1/accounts').length
  expect(streams).toBeGreaterThan(15)
  expect(streams).toBeLessThan(45)
  expect(Math.abs(streams - lists)).toBeLessThan(2)
  expect(proxy.requests).toHaveLength(streams + lists)
})

test('a stream that is silent is given up, and the list is looked at', async () => {
  const silent: ServerResponse[] = []
  await using proxy = await proxyTo(world.url, (_, response) => {
    silent.push(response)
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
  })
  const source = world.client({ url: proxy.url }).source('plain')
  const old = await source.getAccessToken()
  await world.own('plain').refresh()
  await world.clock.advance(30_000)
  expect(source.peek()).toBe(old)
  await world.clock.advance(30_000)
  expect(source.peek()).toBe(await world.own('plain').getAccessToken())
  expect(silent.length).toBeGreaterThan(1)
})

test('a server that is started anew tells by its stream what was missed', async () => {
  const source = world.client().source('plain')
  const old = await source.getAccessToken()
  await settled()
  await world.stopServer()
  await world.own('plain').refresh()
  await world.startServer()
  await world.clock.advance(10_000)
  expect(source.peek()).toBe(await world.own('plain').getAccessToken())
  expect(source.peek()).not.toBe(old)
})

test('a token is renewed ahead of its end by asking the server, and nobody waits for it', async () => {
  const source = world.client().source('mp', { provider: world.providers.mp })
  const first = await source.getRecord()
  await settled()
  for (let minutes = 0; minutes < 360; minutes += 2) {
    await world.clock.advance(120_000)
    const promise = source.getAccessToken()
    expect(source.peek()).toBe(await promise)
    await source.withToken(() => source.fetch('/cgi-bin/getcallbackip'))
  }
  expect(dead()).toBe(0)
  expect((await source.getRecord()).generation).toBe(first.generation + 3)
  expect(issued()).toBe(4)
})

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
  expect(await source.reportRejected(old.generation, 40001)).toBe(current)
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
  const fault = world.simulator.fault({
    times: 100,
    body: { errcode: 45009, errmsg: 'reach max api daily quota limit' },
  })
  await expect(source.getAccessToken()).rejects.toMatchObject({ details: { errorClass: 'quota-exhausted' } })
  await settled()
  fault.clear()
  await world.clock.advance(2 * 3_600_000)
  await world.own('mp').getAccessToken()
  await settled()
  expect(await source.getAccessToken()).toBe(await world.own('mp').getAccessToken())
})
