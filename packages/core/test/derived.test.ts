import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isLingpaiError, type TokenManager, type TokenManagerOptions, type TokenSource } from '@lingpai/core'
import { fileCache } from '@lingpai/cache-file'
import { memoryCache } from '@lingpai/cache-memory'
import { jsapiTicket, wechatMp, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { errorOf } from './scripted-platform.js'
import { apiPath, hour, minute, openWorld, second, type World } from './world.js'

const tickets = '/cgi-bin/ticket/getticket'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

/** The ticket and the token of the demo account, in one manager. */
function sources(options?: Partial<TokenManagerOptions>): {
  readonly manager: TokenManager
  readonly ticket: TokenSource
  readonly token: TokenSource
} {
  const { simulator } = world
  const manager = world.manager(options)
  const ticket = manager.source(simulator.provider(jsapiTicket), simulator.accounts.wechat)
  return { manager, ticket, token: manager.source(simulator.provider(wechatMp), simulator.accounts.wechat) }
}

/** Requests for tokens and for tickets. */
function requests(): readonly [tokens: number, tickets: number] {
  const { ledger } = world.simulator
  return [ledger.tokenRequests(), ledger.ticketRequests()]
}

test('1,000 cold callers of a ticket make one ticket request and one token request', async () => {
  const { ticket } = sources()
  const got = await Promise.all(Array.from({ length: 1000 }, () => ticket.getAccessToken()))
  expect(new Set(got).size).toBe(1)
  expect(requests()).toEqual([1, 1])
})

test('callers of ticket and token side by side, in two managers on one cache, share both requests', async () => {
  const [one, other] = [sources(), sources()]
  await Promise.all([one.ticket, other.ticket, one.token, other.token].map((source) => source.getAccessToken()))
  expect(requests()).toEqual([1, 1])
})

test('a ticket is requested alone if its token is in memory, and a token in memory is not requested for it', async () => {
  const { ticket, token } = sources()
  await token.getAccessToken()
  await ticket.getAccessToken()
  expect(requests()).toEqual([1, 1])
  await Promise.all([token.getAccessToken(), ticket.getAccessToken()])
  expect(requests()).toEqual([1, 1])
})

test('a revoked token is discovered by a ticket request: one token request, and the ticket is requested again', async () => {
  const { ticket, token } = sources()
  const before = await ticket.getRecord()
  const old = await token.getRecord()
  world.simulator.revoke(old.value)
  const after = await ticket.refresh()
  expect(requests()).toEqual([2, 3])
  expect((await token.getRecord()).generation).toBe(old.generation + 1)
  // The platform gives the same ticket again, so its record stays the same.
  expect([after.value, after.generation]).toEqual([before.value, before.generation])
  const rejected = world.events.filter(({ name }) => name === 'rejected').map(({ event }) => event)
  expect(rejected).toMatchObject([{ account: { kind: 'stable' }, code: 40001 }])
})

test('500 callers of a refresh-due ticket with a revoked token get the ticket in memory', async () => {
  const { ticket, token } = sources()
  const old = await ticket.getAccessToken()
  await world.clock.advance(hour - 5 * minute)
  world.simulator.revoke(await token.getAccessToken())
  expect(new Set(await Promise.all(Array.from({ length: 500 }, () => ticket.getAccessToken())))).toEqual(new Set([old]))
  while (ticket.status().state === 'refreshing') await new Promise((resolve) => setImmediate(resolve))
  expect(requests()).toEqual([2, 3])
  expect(await ticket.getAccessToken()).toBe(old)
})

test('a ticket endpoint that rejects every token costs two requests of each kind, not an endless loop', async () => {
  const { simulator } = world
  const plain = simulator.provider(jsapiTicket.extend({ parent: wechatMpPlain }))
  const ticket = world.manager().source(plain, simulator.accounts.wechat)
  simulator.fault({ endpoint: tickets, body: { errcode: 40014, errmsg: 'invalid access_token' }, times: 99 })
  simulator.fault({ endpoint: apiPath.wechatPlain, body: { errcode: 40014 }, times: 99 })
  const refusal = {
    details: { platformCode: 40014, errorClass: 'token-invalid' },
    retryAtMs: expect.any(Number) as number,
  }
  expect(await errorOf(ticket.getAccessToken())).toMatchObject(refusal)
  expect(await errorOf(ticket.getAccessToken())).toMatchObject(refusal)
  expect(requests()).toEqual([2, 2])
})

test('a token that the platform’s own probe accepts is not tried a second time', async () => {
  const { ticket, token } = sources()
  const value = await token.getAccessToken()
  world.simulator.fault({ endpoint: tickets, body: { errcode: 40014, errmsg: 'invalid access_token' } })
  expect(await errorOf(ticket.getAccessToken())).toMatchObject({ details: { platformCode: 40014 } })
  expect(requests()).toEqual([2, 1])
  expect(await token.getAccessToken()).toBe(value)
})

test('a ticket quota is the ticket’s own failure: the token is served, and the cool-down lasts', async () => {
  const { ticket, token } = sources()
  world.simulator.fault({ endpoint: 'ticket', body: { errcode: 45009, errmsg: 'reach max api daily quota limit' } })
  const error = await errorOf(ticket.getAccessToken())
  expect(error).toMatchObject({ details: { errorClass: 'quota-exhausted' } })
  expect(await errorOf(ticket.getAccessToken())).toEqual(error)
  expect(await token.getAccessToken()).toMatch(/^simtok_/)
  expect(requests()).toEqual([1, 1])
})

test('a wrong secret reaches the ticket’s caller with class, code and hint, and cools down once', async () => {
  const { ticket, token } = sources()
  world.simulator.change('wechat', { secret: 'another-secret-of-the-platform' })
  const error = await errorOf(ticket.getAccessToken())
  expect(error).toMatchObject({
    code: 'ERR_LINGPAI_PLATFORM',
    hint: expect.stringContaining('AppSecret') as string,
    details: { provider: 'wechat-mp', endpoint: 'token', platformCode: 40125, errorClass: 'credential-invalid' },
  })
  if (!isLingpaiError(error)) throw error
  expect(await errorOf(token.getAccessToken())).toMatchObject({ retryAtMs: error.retryAtMs })
  expect(await errorOf(ticket.getAccessToken())).toMatchObject({ retryAtMs: error.retryAtMs })
  expect(requests()).toEqual([1, 0])
  expect(world.count('refresh-failed')).toBe(1)
  expect(ticket.status()).toMatchObject({
    state: 'failing',
    lastFailure: { platformCode: 40125, retryAtMs: error.retryAtMs, failures: 1 },
  })

  // Solved at the platform: the token's first request after the cool-down is the ticket's as well.
  world.simulator.change('wechat', { secret: world.simulator.accounts.wechat.appSecret })
  await world.clock.advance((error.retryAtMs ?? 0) - world.clock.now())
  expect(await ticket.getAccessToken()).toMatch(/^simtok_/)
  expect(requests()).toEqual([2, 1])
})

test('a ticket comes at once after an operator solved the token’s problem, whatever its cool-down', async () => {
  const { ticket, token } = sources()
  world.simulator.change('wechat', { secret: 'another-secret-of-the-platform' })
  await errorOf(ticket.getAccessToken())
  world.simulator.change('wechat', { secret: world.simulator.accounts.wechat.appSecret })
  await token.refresh({ note: 'mended' })
  expect(await ticket.getAccessToken()).toMatch(/^simtok_/)
})

test('a refresh-due ticket is served while its token cannot be fetched, without an attempt at each call', async () => {
  const cache = memoryCache({ clock: world.clock })
  let reads = 0
  const counted = { ...cache, get: (key: string) => ((reads += 1), cache.get(key)) }
  const { ticket } = sources({ cache: counted })
  const value = await ticket.getAccessToken()
  await world.clock.advance(hour - 5 * minute)
  world.simulator.change('wechat', { secret: 'another-secret-of-the-platform' })
  world.simulator.revoke('wechat')
  await world.clock.runUntil(errorOf(ticket.refresh()))
  const before = requests()
  reads = 0
  for (let at = 0; at < 3 * minute; at += second) {
    expect(await ticket.getAccessToken()).toBe(value)
    await world.clock.advance(second)
  }
  expect(requests()).toEqual(before)
  expect(reads).toBeLessThan(10)
})

test('the timeout of a refresh covers token and ticket together', async () => {
  const { ticket, manager } = sources({ timeoutMs: 4 * second })
  world.simulator.fault({ endpoint: 'token', latencyMs: 3 * second })
  world.simulator.fault({ endpoint: 'ticket', latencyMs: 3 * second })
  const startMs = world.clock.now()
  const error = await world.clock.runUntil(errorOf(ticket.getAccessToken()))
  expect(error).toMatchObject({ code: 'ERR_LINGPAI_TRANSPORT', details: { phase: 'timeout' }, retryable: true })
  expect(world.clock.now() - startMs).toBeLessThanOrEqual(4 * second)
  // The token came in time; only the ticket is requested again.
  await world.clock.advance(minute)
  expect(await world.clock.runUntil(ticket.getAccessToken())).toMatch(/^simtok_/)
  expect(requests()).toEqual([1, 2])
  await manager.close()
})

test('a ticket that waits too long for the token of another manager fails with a typed error', async () => {
  const slow = sources({ timeoutMs: 30 * second })
  const { ticket } = sources({ timeoutMs: 2 * second })
  world.simulator.fault({ endpoint: 'token', latencyMs: 10 * second })
  const token = slow.token.getAccessToken()
  expect(await world.clock.runUntil(errorOf(ticket.getAccessToken()))).toMatchObject({
    code: 'ERR_LINGPAI_TRANSPORT',
    message: expect.stringContaining('derived from') as string,
    details: { phase: 'timeout' },
  })
  await world.clock.runUntil(token)
  expect(await world.clock.runUntil(ticket.getAccessToken())).toMatch(/^simtok_/)
  expect(requests()).toEqual([1, 1])
})

test('the lease of a ticket is renewed while its holder waits for a slow token: no other process sends a request', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
  const open = (): TokenSource => sources({ cache: fileCache({ directory, clock: world.clock }) }).ticket
  const [one, other] = [open(), open()]
  world.simulator.fault({ endpoint: 'token', latencyMs: 8 * second })
  await world.clock.runUntil(Promise.all([one.getAccessToken(), other.getAccessToken()]))
  expect(requests()).toEqual([1, 1])
  expect(world.count('lease-lost')).toBe(0)
  await rm(directory, { recursive: true, force: true })
})

test('fetch and authorizationHeader of a ticket are a ConfigError before any request', async () => {
  const { ticket } = sources()
  const refusals = [errorOf(ticket.fetch('/cgi-bin/getcallbackip')), errorOf(ticket.authorizationHeader())]
  for (const refusal of await Promise.all(refusals)) {
    expect(refusal).toMatchObject({
      code: 'ERR_LINGPAI_CONFIG',
      message: 'wechat-mp: no call carries the jsapi-ticket',
      details: { field: 'placement' },
      hint: expect.stringContaining('getAccessToken()') as string,
    })
  }
  expect(await errorOf(ticket.reportRejected('whatever', 40001))).toMatchObject({ code: 'ERR_LINGPAI_CONFIG' })
  expect(requests()).toEqual([0, 0])
  expect(await ticket.withToken((value) => value.length)).toBeGreaterThan(0)
})

test('a read-only ticket comes from the cache; without one, neither ticket nor token is requested', async () => {
  const { manager, ticket } = sources()
  const { simulator } = world
  const reader = manager.source(simulator.provider(jsapiTicket), simulator.accounts.wechat, { readonly: true })
  expect(await errorOf(reader.getAccessToken())).toMatchObject({ code: 'ERR_LINGPAI_LEASE' })
  expect(requests()).toEqual([0, 0])
  expect(await reader.getAccessToken().catch(() => ticket.getAccessToken())).toBe(await reader.getAccessToken())
})

test('sources() lists only created sources; a ticket still works after its token’s source was removed', async () => {
  const { simulator } = world
  const manager = world.manager()
  const ticket = manager.source(simulator.provider(jsapiTicket), simulator.accounts.wechat)
  await ticket.getAccessToken()
  expect(manager.sources()).toEqual([ticket])
  const token = manager.source(simulator.provider(wechatMp), simulator.accounts.wechat)
  expect(await token.getAccessToken()).toMatch(/^simtok_/)
  expect(requests()).toEqual([1, 1])
  manager.remove(token)
  await ticket.refresh()
  expect(requests()).toEqual([1, 2])
  manager.remove(ticket)
  expect(await errorOf(ticket.getAccessToken())).toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
})

test('closing the manager aborts a ticket that waits for its token, and releases both leases', async () => {
  const { manager, ticket } = sources()
  const hang = world.simulator.fault({ endpoint: 'token', hang: true })
  const refusal = errorOf(ticket.getAccessToken())
  while (hang.timesLeft > 0) await new Promise((resolve) => setImmediate(resolve))
  await manager.close()
  expect(await refusal).toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
  await sources().ticket.getAccessToken()
  expect(requests()).toEqual([2, 1])
})

test('the same ticket created twice is one source, also through two equal extend() calls', () => {
  const { simulator } = world
  const manager = world.manager()
  const open = (): TokenSource =>
    manager.source(
      jsapiTicket.extend({ baseUrl: simulator.url, parent: wechatMpPlain.extend({ renewal: { marginSeconds: 5 } }) }),
      simulator.accounts.wechat,
    )
  expect(open()).toBe(open())
  expect(open()).not.toBe(sources().ticket)
})

test('a ticket with another parent takes its token there, and is the same ticket', async () => {
  const { simulator } = world
  const { ticket, manager } = sources()
  const plain = simulator.provider(jsapiTicket.extend({ parent: wechatMpPlain }))
  await manager.source(plain, simulator.accounts.wechat).getAccessToken()
  await ticket.getAccessToken()
  expect(requests()).toEqual([1, 1])
  expect(simulator.ledger.entries.map(({ path }) => path)).toEqual(['/cgi-bin/token', tickets])
})

test('a secret that a vault replaces reaches the token through the ticket', async () => {
  const { simulator } = world
  const { appId, appSecret } = simulator.accounts.wechat
  const vault = { secret: 'yesterday' }
  const manager = world.manager()
  const ticket = manager.source(simulator.provider(jsapiTicket), { appId, appSecret: () => vault.secret })
  expect(await errorOf(ticket.getAccessToken())).toMatchObject({ details: { errorClass: 'credential-invalid' } })
  vault.secret = appSecret
  await world.clock.advance(6 * second)
  expect(await ticket.getAccessToken()).toMatch(/^simtok_/)
  expect(requests()).toEqual([2, 1])
})

test('errors, events and printed objects contain neither ticket, nor token, nor secret', async () => {
  const { ticket, token } = sources()
  const values = [
    await ticket.getAccessToken(),
    await token.getAccessToken(),
    world.simulator.accounts.wechat.appSecret,
  ]
  const words = { errcode: 40001, errmsg: `invalid credential ${values[1] ?? ''} of ticket ${values[0] ?? ''}` }
  world.simulator.fault({ endpoint: 'ticket', body: words, times: 9 })
  const error = await errorOf(ticket.refresh())
  const shown = JSON.stringify([error, world.events, ticket, ticket.status()]) + (error as Error).message
  for (const value of values) expect(shown).not.toContain(value)
})
