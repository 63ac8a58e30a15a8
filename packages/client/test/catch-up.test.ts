import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { openClientWorld, type ClientWorld } from './client-world.js'
import { proxyTo } from './proxy-to.js'

let world: ClientWorld

beforeEach(async () => {
  world = await openClientWorld()
})

afterEach(() => world.close())

const issued = () => world.simulator.ledger.summary().tokensIssued
const dead = () => Object.values(world.simulator.ledger.summary().dead).reduce((sum, count) => sum + count, 0)

/** Waits until the stream is open and its updates have been handled. */
const settled = () => world.clock.advance(100)

test('a new token arrives by an event before the next call and before the old token expires', async () => {
  const source = world.client().source('plain', { provider: world.providers.plain })
  const old = await source.getAccessToken()
  await settled()
  await world.own('plain').refresh()
  const waited = source.getAccessToken()
  await settled()
  // The old token was still usable, so the caller did not wait.
  expect(await waited).toBe(old)
  expect(source.peek()).toBe(await world.own('plain').getAccessToken())
  expect(source.peek()).not.toBe(old)
  expect(world.requests).toEqual(['GET /v1/accounts/plain/token', 'GET /v1/accounts/plain/token'])
})

test('fifty clients switch to a new token with one upstream request', async () => {
  const sources = Array.from({ length: 50 }, () => world.client().source('plain'))
  await Promise.all(sources.map((source) => source.getAccessToken()))
  await settled()
  await world.own('plain').refresh()
  await settled()
  const token = await world.own('plain').getAccessToken()
  expect(new Set(sources.map((source) => source.peek()))).toEqual(new Set([token]))
  expect(issued()).toBe(2)
})

test('an event for an account without a source or without a call causes no request', async () => {
  const client = world.client()
  client.source('plain')
  await settled()
  await world.own('plain').refresh()
  await world.own('corp').getAccessToken()
  await settled()
  expect(world.requests).toEqual([])
})

test('without an event stream, a client finds a new token by the account list', async () => {
  await using proxy = await proxyTo(world.url, (_, response) => response.writeHead(502).end())
  const source = world.client({ url: proxy.url }).source('plain')
  const old = await source.getAccessToken()
  await world.own('plain').refresh()
  await world.clock.advance(35_000)
  expect(source.peek()).toBe(await world.own('plain').getAccessToken())
  expect(source.peek()).not.toBe(old)
})

test('without an event stream, a client polls the account list about twice a minute for all accounts', async () => {
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

test('a silent event stream is closed, and the client reads the account list', async () => {
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

test('a restarted server announces the missed token by its event stream', async () => {
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

test('a client renews its token ahead without making callers wait', async () => {
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

test('a server behind a load balancer that has only the old token is asked again', async () => {
  let behind = 0
  let old = ''
  const balanced: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    if (behind === 0 || !String(input).endsWith('/token')) return response
    behind -= 1
    const body = (await response.json()) as { readonly generation: number }
    return Response.json({ ...body, access_token: old, generation: body.generation - 1 })
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

test('client log lines contain no tokens and no keys', async () => {
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
