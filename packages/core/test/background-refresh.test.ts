import { getEventListeners } from 'node:events'
import type { IAccessTokenCache } from '@lingpai/core'
import { jsapiTicket } from '@lingpai/provider-wechat-mp'
import { plainCache } from './plain-cache.js'
import { hour, minute, openWorld, second, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

test('the background refresh refreshes ahead without any call', async () => {
  const source = world.source('qq')
  source.startBackgroundRefresh()
  source.startBackgroundRefresh()
  expect(source.status().hasBackgroundRefresh).toBe(true)
  await world.clock.advance(12 * hour)
  expect(world.simulator.ledger.tokensIssued()).toBe(7)
  expect(world.simulator.ledger.tokenRequests()).toBe(7)
  expect(source.peek()).toBeDefined()
  source.stopBackgroundRefresh()
  await world.clock.advance(12 * hour)
  expect(world.simulator.ledger.tokenRequests()).toBe(7)
  expect(world.clock.pendingTimers).toBe(0)
})

test('the background refresh that was stopped and started a thousand times runs once, and the last stop ends it', async () => {
  const source = world.source('qq')
  for (let turn = 0; turn < 1000; turn += 1) {
    source.startBackgroundRefresh()
    if (turn % 10 === 0) await world.clock.settle()
    source.stopBackgroundRefresh()
  }
  expect(source.status().hasBackgroundRefresh).toBe(false)
  source.startBackgroundRefresh()
  // The watch of the clocks has ended by then.
  await world.clock.advance(10 * second)
  expect(world.clock.pendingTimers).toBe(1)
  await world.clock.advance(2 * hour)
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
  source.stopBackgroundRefresh()
  await world.clock.advance(10 * second)
  expect(world.clock.pendingTimers).toBe(0)
})

test('the background refresh never gives up, and does not flood a failing platform', async () => {
  const source = world.source('qq')
  const fault = world.simulator.fault({ endpoint: 'token', status: 503, times: Infinity })
  source.startBackgroundRefresh()
  await world.clock.advance(6 * hour)
  expect(source.status().state).toBe('failing')
  // Three attempts of the first refresh, then at most one refresh of three in a minute.
  expect(world.simulator.ledger.tokenRequests()).toBeLessThan(6 * 60 * 3 + 30)
  fault.clear()
  await world.clock.advance(2 * minute)
  expect(source.status().state).toBe('valid')
})

test('the background refresh survives a secret that cannot be fetched', async () => {
  const { simulator, clock } = world
  const { qqBot } = await import('@lingpai/provider-qq-bot')
  let isOpen = false
  const clientSecret = (): string => {
    if (!isOpen) throw new Error('vault sealed')
    return simulator.accounts.qq.clientSecret
  }
  const source = world.manager().source(simulator.provider(qqBot), { appId: simulator.accounts.qq.appId, clientSecret })
  source.startBackgroundRefresh()
  await clock.advance(minute)
  expect(simulator.ledger.tokenRequests()).toBe(0)
  isOpen = true
  await clock.advance(10 * second)
  expect(source.status().state).toBe('valid')
})

test('the background refresh notices within a minute that the machine slept', async () => {
  const source = world.source('qq')
  source.startBackgroundRefresh()
  await world.clock.settle()
  world.clock.jumpWall(3 * hour)
  expect(source.peek()).toBeUndefined()
  await world.clock.advance(minute)
  expect(source.peek()).toBeDefined()
})

test('the status shows each state of an account', async () => {
  const { simulator, clock } = world
  const source = world.source('qq')
  expect(source.status()).toEqual({ state: 'none', account: source.account, hasBackgroundRefresh: false })
  simulator.fault({ endpoint: 'token', latencyMs: second })
  const first = source.getAccessToken()
  await clock.settle()
  expect(source.status().state).toBe('refreshing')
  await clock.runUntil(first)
  expect(source.status()).toMatchObject({ state: 'valid', generation: 1, refreshAtMs: expect.any(Number) })
  simulator.fault({ endpoint: 'token', body: { code: 100001, message: 'Too many requests' }, times: Infinity })
  await clock.advance(7200 * second - 45 * second)
  expect(source.status().state).toBe('expiring')
  await source.getAccessToken()
  await clock.settle()
  expect(source.status()).toMatchObject({
    state: 'expiring',
    lastFailure: { code: 'ERR_LINGPAI_PLATFORM', errorClass: 'rate-limited', platformCode: 100001, failures: 1 },
  })
  await clock.advance(minute)
  expect(source.status().state).toBe('failing')
  expect(JSON.parse(JSON.stringify(source))).toEqual(source.account)
})

test('a signal ends the background refresh', async () => {
  const source = world.source('qq')
  const stop = new AbortController()
  source.startBackgroundRefresh({ signal: stop.signal })
  expect(source.status().hasBackgroundRefresh).toBe(true)
  stop.abort()
  expect(source.status().hasBackgroundRefresh).toBe(false)
  source.startBackgroundRefresh({ signal: stop.signal })
  expect(source.status().hasBackgroundRefresh).toBe(false)
})

test('the background refresh replaces a rejected token whose refresh failed once, without any call', async () => {
  const source = world.source('wechat')
  source.startBackgroundRefresh()
  await world.clock.settle()
  world.simulator.revoke(world.simulator.accounts.wechat)
  world.simulator.fault({ endpoint: 'token', status: 503, times: 3 })
  await expect(world.clock.runUntil(source.reportRejected({ generation: 1 }, 42001))).rejects.toMatchObject({
    code: 'ERR_LINGPAI_TRANSPORT',
  })
  await world.clock.advance(2 * minute)
  expect(source.status()).toMatchObject({ state: 'valid', generation: 2 })
})

test('the background refresh goes on after a failure although the wall clock was set back a day', async () => {
  const source = world.source('qq')
  const fault = world.simulator.fault({ endpoint: 'token', status: 503, times: Infinity })
  source.startBackgroundRefresh()
  await world.clock.advance(10 * minute)
  fault.clear()
  world.clock.jumpWall(-24 * hour)
  await world.clock.advance(2 * minute)
  expect(source.status().state).toBe('valid')
})

test('the signal of a stopped background refresh does not affect a new one, and leaves no listener', async () => {
  const source = world.source('qq')
  const { signal, abort } = (() => {
    const controller = new AbortController()
    return {
      signal: controller.signal,
      abort: () => {
        controller.abort()
      },
    }
  })()
  for (let turn = 0; turn < 1000; turn += 1) {
    source.startBackgroundRefresh({ signal })
    source.stopBackgroundRefresh()
  }
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  source.startBackgroundRefresh()
  abort()
  expect(source.status().hasBackgroundRefresh).toBe(true)
})

test('the status is expired for a token that expired unnoticed, and for a rejected one', async () => {
  const source = world.source('qq')
  await source.getAccessToken()
  await world.clock.advance(3 * hour)
  expect(source.status().state).toBe('expired')
  await world.clock.runUntil(source.getAccessToken())
  world.simulator.fault({ endpoint: 'token', status: 503, times: 3 })
  await world.clock.runUntil(source.reportRejected({ generation: 2 })).catch(() => undefined)
  expect(source.status()).toMatchObject({
    state: 'failing',
    lastFailure: { code: 'ERR_LINGPAI_TRANSPORT', failures: 1 },
  })
})

test('the background refresh of a derived token asks neither the cache nor the platform while its parent cools down', async () => {
  const { clock, simulator } = world
  const { cache: plain } = plainCache()
  let reads = 0
  const get: IAccessTokenCache['get'] = (key) => {
    reads += 1
    return plain.get(key)
  }
  const manager = world.manager({ cache: { ...plain, get } })
  const ticket = manager.source(simulator.provider(jsapiTicket), simulator.accounts.wechat)
  const wrongSecret = { errcode: 40125, errmsg: 'invalid appsecret' }
  const fault = simulator.fault({ endpoint: 'token', body: wrongSecret, times: Infinity })
  ticket.startBackgroundRefresh()
  await clock.advance(10 * second)
  const { retryAtMs = 0 } = ticket.status().lastFailure ?? {}
  reads = 0
  await clock.advance(retryAtMs - clock.now() - second)
  expect([reads, simulator.ledger.tokenRequests()]).toEqual([0, 1])
  fault.clear()
  await clock.advance(minute)
  expect(ticket.status().state).toBe('valid')
})
