import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { IAccessTokenCache, TokenManager, TokenSource } from '@lingpai/core'
import { fileCache } from '@lingpai/cache-file'
import { memoryCache } from '@lingpai/cache-memory'
import { jsapiTicket } from '@lingpai/provider-wechat-mp'
import { agentTicket, corpTicket } from '@lingpai/provider-wecom'
import { hour, minute, openWorld, second, type World } from './world.js'

/** The life that the platform reports for a ticket, however old it is. */
const life = 2 * hour
/** How long one response is trusted. */
const trust = hour

let world: World
let directory: string
beforeEach(async () => {
  world = await openWorld()
  directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
})
afterEach(async () => {
  await world.close()
  await rm(directory, { recursive: true, force: true })
})

/** The ticket of the demo account in a separate process. */
function ticketIn(cache: IAccessTokenCache, manager: TokenManager = world.manager({ cache })): TokenSource {
  return manager.source(world.simulator.provider(jsapiTicket), world.simulator.accounts.wechat)
}

const ownCache = (): IAccessTokenCache => memoryCache({ clock: world.clock })

/**
 * Calls every 10 seconds. @returns for how long each ticket was served after its first sight, and how many calls waited
 */
async function callFor(
  ms: number,
  source: TokenSource,
): Promise<{ readonly longestMs: number; readonly waited: number }> {
  const seen = new Map<string, number>()
  let longestMs = 0
  let waited = 0
  for (let at = 0; at < ms; at += 10 * second) {
    if (source.peek() === undefined) waited += 1
    const value = await world.clock.runUntil(source.getAccessToken())
    const now = world.clock.monotonic()
    seen.set(value, seen.get(value) ?? now)
    longestMs = Math.max(longestMs, now - (seen.get(value) ?? now))
    await world.clock.advance(10 * second)
  }
  return { longestMs, waited }
}

test('tickets over six hours: none outlives its issue by two hours, each costs five requests and one wait at most', async () => {
  const { ledger } = world.simulator
  const { longestMs, waited } = await callFor(6 * hour, ticketIn(ownCache()))
  expect(longestMs).toBeLessThan(life)
  expect(ledger.ticketsIssued()).toBeGreaterThanOrEqual(3)
  expect(ledger.ticketsIssued()).toBeLessThanOrEqual(4)
  // At issue, twice while it is trusted for an hour each, and twice before the end.
  expect(ledger.ticketRequests()).toBeLessThanOrEqual(ledger.ticketsIssued() * 5)
  expect(waited).toBeLessThanOrEqual(ledger.ticketsIssued())
})

test.each([corpTicket, agentTicket])('$kind stays far below WeCom’s hundred requests an hour', async (provider) => {
  const { simulator } = world
  await callFor(6 * hour, world.manager().source(simulator.provider(provider), simulator.accounts.wecom))
  expect(simulator.ledger.ticketRequests()).toBeLessThanOrEqual(6 * 3)
})

test('an identical ticket is trusted for another hour, and never beyond the life reported at its first sight', async () => {
  const source = ticketIn(ownCache())
  const first = await source.getRecord()
  const firstMs = world.clock.now()
  expect(first.expiresAtMs).toBe(firstMs + trust)
  await world.clock.advance(30 * minute)
  const again = await source.refresh()
  expect([again.generation, again.issuedAtMs, again.expiresAtMs]).toEqual([1, firstMs, firstMs + 90 * minute])
  for (const passed of [80, 95, 110, 115]) {
    await world.clock.advance(firstMs + passed * minute - world.clock.now())
    const { expiresAtMs, issuedAtMs } = await source.refresh()
    expect([issuedAtMs, expiresAtMs]).toEqual([firstMs, firstMs + life])
  }
})

test('a process that first sees a ticket late trusts it for an hour at most, whatever life is reported', async () => {
  await ticketIn(ownCache()).getAccessToken()
  await world.clock.advance(70 * minute)
  const late = await ticketIn(ownCache()).getRecord()
  expect(late.expiresAtMs - world.clock.now()).toBe(trust)
  expect(world.simulator.ledger.ticketsIssued()).toBe(1)
})

test('a ticket whose trust ended without calls still counts from its first sight', async () => {
  const source = ticketIn(ownCache())
  const { issuedAtMs } = await source.getRecord()
  await world.clock.advance(90 * minute)
  expect(source.peek()).toBeUndefined()
  expect(await source.getRecord()).toMatchObject({ issuedAtMs, expiresAtMs: issuedAtMs + life, generation: 1 })
})

test('a process that reads a ticket’s first sight from the shared cache counts from it', async () => {
  const cache = (): IAccessTokenCache => fileCache({ directory, clock: world.clock })
  const { issuedAtMs } = await ticketIn(cache()).getRecord()
  await world.clock.advance(90 * minute)
  const other = ticketIn(cache())
  expect(await world.clock.runUntil(other.getRecord())).toMatchObject({ issuedAtMs, expiresAtMs: issuedAtMs + life })
  expect(world.simulator.ledger.ticketRequests()).toBe(2)
})

test('a ticket that one process confirms is adopted by the others: eight cost as many requests as one', async () => {
  const fleet = Array.from({ length: 8 }, () => ticketIn(fileCache({ directory, clock: world.clock })))
  for (let at = 0; at < 110 * minute; at += 30 * second) {
    for (const source of fleet) await world.clock.runUntil(source.getAccessToken())
    await world.clock.advance(30 * second)
  }
  // At issue, and shortly before the trust in each response ends.
  expect(world.simulator.ledger.ticketRequests()).toBe(3)
})

test('wall clocks that are set back do not prolong the life of a ticket', async () => {
  const source = ticketIn(ownCache())
  const first = await source.getAccessToken()
  const startMs = world.clock.monotonic()
  for (let passed = 0; passed < 3 * hour; passed += 10 * minute) {
    await world.clock.advance(10 * minute)
    world.clock.jumpWall(-8 * minute)
    const value = await world.clock.runUntil(source.getAccessToken())
    if (value === first) expect(world.clock.monotonic() - startMs).toBeLessThan(life)
  }
  expect(await source.getAccessToken()).not.toBe(first)
})

test('a wall clock that is set back by hours does not prolong the life of a ticket, whatever is requested after that', async () => {
  const source = ticketIn(ownCache())
  await source.getAccessToken()
  await world.clock.advance(30 * minute)
  world.clock.jumpWall(-3 * hour)
  await source.refresh()
  await world.clock.advance(10 * minute)
  await source.refresh()
  const { longestMs } = await callFor(100 * minute, source)
  expect(longestMs).toBeLessThan(life - 40 * minute)
})

test('a machine that slept past the end of a ticket does not serve it', async () => {
  const source = ticketIn(ownCache())
  const first = await source.getAccessToken()
  world.clock.jumpWall(3 * hour)
  world.simulator.skipTime(3 * hour)
  expect(source.peek()).toBeUndefined()
  expect(await world.clock.runUntil(source.getAccessToken())).not.toBe(first)
})

test('a ticket that the platform gives beyond its reported life is trusted for an hour per response', async () => {
  const source = ticketIn(ownCache())
  const body = { errcode: 0, errmsg: 'ok', ticket: 'a-ticket-that-never-ends', expires_in: 7200 }
  world.simulator.fault({ endpoint: 'ticket', body, times: Infinity })
  const { longestMs } = await callFor(5 * hour, source)
  expect(longestMs).toBeGreaterThan(4 * hour)
  const { expiresAtMs } = await source.getRecord()
  expect(expiresAtMs - world.clock.now()).toBeLessThanOrEqual(trust)
  expect(world.simulator.ledger.ticketRequests()).toBeLessThan(5 * 8)
})

test('a caller that needs more life than is trusted gets it by another request, not an error', async () => {
  const source = ticketIn(ownCache())
  await source.getAccessToken()
  await world.clock.advance(35 * minute)
  expect(await source.getAccessToken({ minLifeMs: 28 * minute })).toMatch(/^simtok_/)
  expect(world.simulator.ledger.ticketRequests()).toBe(2)
})

test('faster simulated time also shortens the trust', () => {
  const { renewal } = jsapiTicket.spec
  expect(world.simulator.scaled(renewal)).toMatchObject({ trustSeconds: 3600 })
})
