import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
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
  for (let seconds = 0; seconds < 21_600; seconds += 200) {
    await world.clock.advance(200_000)
    const promise = source.getAccessToken()
    expect(source.peek()).toBe(await promise)
    await source.withToken(() => source.fetch('/cgi-bin/getcallbackip'))
  }
  expect(dead()).toBe(0)
  expect((await source.getRecord()).generation).toBe(first.generation + 3)
  expect(issued()).toBe(4)
})

test('behind a balancer, a server that has not heard of the token yet is asked again', async () => {
  let behind = 0
  let old = ''
  const balanced: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    if (behind === 0 || !String(input).endsWith('/token')) return response
    behind -= 1
    const answer = (await response.json()) as { readonly generation: number }
    return Response.json({ ...answer, access_token: old, generation: answer.generation - 1 })
  }
  const source = world.client({ fetch: balanced }).source('plain')
  old = await source.getAccessToken()
  await settled()
  behind = 2
  await world.own('plain').refresh()
  await world.clock.advance(5000)
  expect(behind).toBe(0)
  expect(source.peek()).toBe(await world.own('plain').getAccessToken())
})

test('what is logged holds neither tokens nor keys, whatever happens', async () => {
  const lines: string[] = []
  const note = (message: string, fields?: object) => void lines.push(message, inspect(fields, { depth: 9 }))
  const logger = { debug: note, info: note, warn: note, error: note }
  const source = world.client({ logger }).source('bot', { provider: world.providers.bot })
  const seen = [await source.getAccessToken()]
  await settled()
  world.simulator.revoke(world.simulator.accounts.qq)
  await source.fetch('/gateway')
  seen.push(await source.getAccessToken())
  await world.stopServer()
  await world.clock.advance(7_300_000)
  await world.clock.runUntil(source.getAccessToken().catch(() => undefined))
  expect(lines.join('\n')).toMatch(
    /rejected token-server:bot[^]*event stream[^]*is down[^]*refresh-failed token-server:bot/,
  )
  for (const secret of [...seen, world.key(), world.key().slice(15)]) expect(lines.join('\n')).not.toContain(secret)
})
