import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileCache } from '@lingpai/cache-file'
import type { TokenSource } from '@lingpai/core'
import { jsapiTicket, wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { minute, openWorld, second, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(async () => {
  await world.close()
})

/** A source on the hot path, which gives every caller the same promise. */
async function hot(): Promise<{ readonly source: TokenSource; readonly promise: Promise<string> }> {
  const source = world.source('qq')
  await world.clock.runUntil(source.getAccessToken())
  return { source, promise: source.getAccessToken() }
}

/** Lets time pass while another account is called every few seconds, and at the end. */
async function passBusy(ms: number): Promise<void> {
  const other = world.source('wechat')
  for (let at = 0; at < ms; at += 4 * second) {
    await world.clock.advance(4 * second)
    await world.clock.runUntil(other.getAccessToken())
  }
}

test('an account that is not called stays on the hot path while another account is called', async () => {
  const { source, promise } = await hot()
  await passBusy(minute)
  expect(source.getAccessToken()).toBe(promise)
})

test('the hot path of every account opens again with one call after a quiet time', async () => {
  const { source, promise } = await hot()
  await world.clock.advance(minute)
  expect(source.getAccessToken()).not.toBe(promise)
  await world.clock.settle()
  expect(source.getAccessToken()).toBe(promise)
})

test('nothing watches the clocks once no account is called', async () => {
  await hot()
  await world.clock.advance(10 * second)
  expect(world.clock.pendingTimers).toBe(0)
})

test('a wall clock that is set back ends the hot path, and does not lengthen the life of the token', async () => {
  const { source, promise } = await hot()
  const token = await promise
  await passBusy(100 * minute)
  expect(source.getAccessToken()).toBe(promise)
  world.clock.jumpWall(-30 * minute)
  await passBusy(25 * minute)
  expect(source.getAccessToken()).not.toBe(promise)
  expect(await world.clock.runUntil(source.getAccessToken())).not.toBe(token)
})

test('a wall clock that is set back into the seconds after the last call does not open the hot path', async () => {
  const { source } = await hot()
  for (let afterMs = 250; afterMs < 10 * second; afterMs += 250) {
    await world.clock.runUntil(source.getAccessToken())
    const promise = source.getAccessToken()
    await world.clock.advance(20 * second)
    world.clock.jumpWall(afterMs - 20 * second)
    expect([afterMs, source.getAccessToken() === promise]).toEqual([afterMs, false])
    await world.clock.settle()
    await world.clock.advance(20 * second)
  }
})

test('the hot path is closed while a request is under way that may end the token', async () => {
  const source = world.source('wechatPlain')
  await world.clock.runUntil(source.getAccessToken())
  const promise = source.getAccessToken()
  const token = await promise
  world.simulator.fault({ endpoint: 'token', latencyMs: 5 * second })
  const refreshed = source.refresh()
  await world.clock.settle()
  for (let call = 0; call < 3; call += 1) {
    const given = source.getAccessToken()
    expect(given).not.toBe(promise)
    expect(await given).toBe(token)
  }
  await world.clock.runUntil(refreshed)
})

test('the hot path ends before the overlap of a token that another process may have replaced', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
  try {
    const shared = world.manager({ cache: fileCache({ directory, clock: world.clock }) })
    const brief = wechatMpPlain.extend({ renewal: { overlapSeconds: 30, marginSeconds: 5 } })
    const source = shared.source(world.simulator.provider(brief), world.simulator.accounts.wechat)
    await world.clock.runUntil(source.getAccessToken())
    await world.clock.runUntil(source.getAccessToken())
    const promise = source.getAccessToken()
    await passBusy(20 * second)
    expect(source.getAccessToken()).toBe(promise)
    await passBusy(8 * second)
    const token = source.getAccessToken()
    expect(token).not.toBe(promise)
    await world.clock.runUntil(token)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test('when an API rejects the token at one source of an account, every other leaves the hot path', async () => {
  const sources = Array.from({ length: 12 }, () => world.source('wechat', world.manager()))
  for (const source of sources) await world.clock.runUntil(source.getAccessToken())
  const latestFirst = sources.reverse()
  const promises = latestFirst.map((source) => source.getAccessToken())
  // The oldest have left it before: a program that makes a source for each request must not keep them all.
  expect(promises.filter((promise) => promise === promises[0])).toHaveLength(8)
  const token = await promises[0]!
  world.simulator.revoke(world.simulator.accounts.wechat)
  const replaced = sources[3]!.reportRejected(token)
  await world.clock.settle()
  for (const source of sources) expect(await world.clock.runUntil(source.getAccessToken())).not.toBe(token)
  expect(await replaced).not.toBe(token)
})

test('a call that was under way when its source was removed does not put the source back on the hot path', async () => {
  const manager = world.manager()
  const source = world.source('qq', manager)
  await world.clock.runUntil(source.getAccessToken())
  await world.clock.advance(minute)
  const underway = source.getAccessToken()
  manager.remove(source)
  await Promise.allSettled([underway])
  await world.clock.settle()
  await expect(source.getAccessToken()).rejects.toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
})

test('a source stays on the hot path while others of its account are removed with a call under way', async () => {
  const live = world.source('wechat')
  await world.clock.runUntil(live.getAccessToken())
  const promise = live.getAccessToken()
  for (let count = 0; count < 8; count += 1) {
    const manager = world.manager()
    const removed = world.source('wechat', manager)
    const underway = removed.getAccessToken()
    manager.remove(removed)
    await Promise.allSettled([underway])
  }
  expect(live.getAccessToken()).toBe(promise)
})

test('a source stays on the hot path while tokens that are derived from its token are refreshed', async () => {
  const { simulator } = world
  const live = world.source('wechat')
  await world.clock.runUntil(live.getAccessToken())
  const promise = live.getAccessToken()
  for (let count = 0; count < 8; count += 1) {
    const derived = world.manager().source(simulator.provider(jsapiTicket), simulator.accounts.wechat)
    await world.clock.runUntil(derived.refresh())
  }
  expect(live.getAccessToken()).toBe(promise)
})
