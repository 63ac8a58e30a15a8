import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TokenManager, type IAccessTokenCache } from '@lingpai/core'
import { jest } from '@jest/globals'
import { fileCache } from '@lingpai/cache-file'
import { memoryCache } from '@lingpai/cache-memory'
import { startSimulator } from '@lingpai/testing/simulator'
import { openWorld, sourceOf, type SourceName, type World } from './world.js'

const names: readonly SourceName[] = ['qq', 'wechat', 'wechatPlain', 'wecom']

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const caches: Readonly<Record<string, () => IAccessTokenCache>> = {
  memory: () => memoryCache(),
  file: () => fileCache({ directory }),
}

for (const name of names) {
  for (const [cacheName, open] of Object.entries(caches)) {
    test(`1,000 cold callers of ${name} on the ${cacheName} cache make one upstream request`, async () => {
      await using simulator = await startSimulator()
      await using manager = new TokenManager({ cache: open() })
      const source = sourceOf(simulator, manager, name)
      const tokens = await Promise.all(Array.from({ length: 1000 }, () => source.getAccessToken()))
      expect(new Set(tokens).size).toBe(1)
      expect(simulator.ledger.tokenRequests()).toBe(1)
    })
  }
}

describe('one process', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld()
  })
  afterEach(() => world.close())

  test('managers over one cache share a refresh', async () => {
    const sources = [world.manager(), world.manager(), world.manager()].map((manager) =>
      world.source('wechatPlain', manager),
    )
    const tokens = await Promise.all(sources.map((source) => source.getAccessToken()))
    expect(new Set(tokens).size).toBe(1)
    expect(world.simulator.ledger.tokenRequests()).toBe(1)
  })

  test('two copies of the core share refreshes', async () => {
    const { clock, simulator } = world
    const cache = memoryCache()
    jest.resetModules()
    const copy = await import('@lingpai/core')
    expect(copy.TokenManager).not.toBe(TokenManager)
    const managers = [new TokenManager({ cache, clock }), new copy.TokenManager({ cache, clock })]
    const sources = managers.map((manager) => sourceOf(simulator, manager, 'wechatPlain'))
    const tokens = await Promise.all(sources.map((source) => source.getAccessToken()))
    expect(new Set(tokens).size).toBe(1)
    expect(simulator.ledger.tokenRequests()).toBe(1)
    await Promise.all(managers.map((manager) => manager.close()))
  })

  test('the same account returns the same source; another secret, host or kind does not', () => {
    const { simulator } = world
    const manager = world.manager()
    const source = world.source('wechat', manager)
    expect(world.source('wechat', manager)).toBe(source)
    expect(world.source('wechatPlain', manager)).not.toBe(source)
    expect(manager.sources()).toHaveLength(2)
    expect(simulator.ledger.tokenRequests()).toBe(0)
  })

  test('a caller that aborts leaves the others waiting for one refresh', async () => {
    world.simulator.fault({ latencyMs: 500, endpoint: 'token' })
    const source = world.source('qq')
    const leaver = new AbortController()
    const reason = new Error('gone')
    const left = expect(source.getAccessToken({ signal: leaver.signal })).rejects.toBe(reason)
    const stayed = source.getAccessToken()
    await world.clock.settle()
    leaver.abort(reason)
    await left
    expect(typeof (await world.clock.runUntil(stayed))).toBe('string')
    expect(world.simulator.ledger.tokenRequests()).toBe(1)
    await expect(source.getAccessToken({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  test('all callers that wait get the same error', async () => {
    world.simulator.fault({ endpoint: 'token', body: { code: 100016, message: 'invalid appid or secret' }, times: 9 })
    const source = world.source('qq')
    const errors = await Promise.all(
      Array.from({ length: 50 }, () => source.getAccessToken().catch((error: unknown) => error)),
    )
    expect(new Set(errors).size).toBe(1)
    expect(errors[0]).toMatchObject({ code: 'ERR_LINGPAI_PLATFORM', details: { platformCode: 100016 } })
    expect(world.simulator.ledger.tokenRequests()).toBe(1)
  })

  test('closing a manager aborts its refresh and its callers; those of another manager get their token', async () => {
    const { simulator, clock } = world
    const [first, second] = [world.manager(), world.manager()]
    simulator.fault({ hang: true, endpoint: 'token' })
    const ended = expect(world.source('qq', first).getAccessToken()).rejects.toMatchObject({
      code: 'ERR_LINGPAI_CLOSED',
    })
    await clock.settle()
    const token = world.source('qq', second).getAccessToken()
    await clock.settle()
    await first.close()
    await ended
    expect(typeof (await clock.runUntil(token))).toBe('string')
    expect(simulator.ledger.tokenRequests()).toBe(2)
    await expect(first.close()).resolves.toBeUndefined()
    expect(() => world.source('qq', first)).toThrow(expect.objectContaining({ code: 'ERR_LINGPAI_CLOSED' }))
  })

  test('closing releases the lease at once', async () => {
    const { simulator, clock } = world
    const cache = fileCache({ directory, clock })
    const manager = world.manager({ cache })
    simulator.fault({ hang: true, endpoint: 'token' })
    const ended = expect(world.source('qq', manager).getAccessToken()).rejects.toMatchObject({
      code: 'ERR_LINGPAI_CLOSED',
    })
    while (simulator.ledger.tokenRequests() === 0) await clock.settle()
    await manager.close()
    await ended
    const other = world.manager({ cache: fileCache({ directory, clock }) })
    // No time passes on the test clock: a lease still held would block.
    expect(typeof (await world.source('qq', other).getAccessToken())).toBe('string')
  })

  test('a removed source fails with a typed error and stops its background refresh', async () => {
    const manager = world.manager()
    const source = world.source('qq', manager)
    source.startBackgroundRefresh()
    await world.clock.settle()
    manager.remove(source)
    await expect(source.getAccessToken()).rejects.toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
    expect(source.peek()).toBeUndefined()
    // The watch of the clocks ends a few seconds after the last call.
    await world.clock.advance(10_000)
    expect(world.clock.pendingTimers).toBe(0)
    expect(manager.sources()).toHaveLength(0)
  })

  test('a token requested before clear() is not kept after it', async () => {
    const { simulator, clock } = world
    const source = world.source('wechatPlain')
    simulator.fault({ latencyMs: 1000, endpoint: 'token' })
    const token = source.getAccessToken()
    await clock.settle()
    while (simulator.ledger.tokenRequests() === 0) await clock.settle()
    await source.clear()
    const kept = await clock.runUntil(token)
    expect(simulator.ledger.tokenRequests()).toBe(2)
    expect(source.peek()).toBe(kept)
    expect((await source.fetch('/cgi-bin/getcallbackip')).status).toBe(200)
    expect(simulator.ledger.deadPresented()).toBe(0)
  })

  test('refresh() is one request for all concurrent callers, and a new generation', async () => {
    const source = world.source('wechatPlain')
    const { generation } = await source.getRecord()
    const records = await Promise.all(Array.from({ length: 20 }, () => source.refresh({ note: 'drill' })))
    expect(new Set(records.map((record) => record.generation))).toEqual(new Set([generation + 1]))
    expect(world.simulator.ledger.tokenRequests()).toBe(2)
    expect(world.events.at(-1)).toMatchObject({ name: 'refreshed', event: { reason: 'requested', note: 'drill' } })
  })

  test('invalid credentials are a ConfigError that names the field, before any request', async () => {
    const { simulator } = world
    const manager = world.manager()
    const { qqBot } = await import('@lingpai/provider-qq-bot')
    const provider = simulator.provider(qqBot)
    const cases = [
      [{ appId: '', clientSecret: 's3cret-s3cret' }, 'appId', 'empty'],
      [{ appId: '1', clientSecret: ' ' }, 'clientSecret', 'empty'],
      [{ appId: '1', clientSecret: 'two\nlines' }, 'clientSecret', 'malformed'],
      [{ appId: Number.NaN, clientSecret: 's3cret-s3cret' }, 'appId', 'malformed'],
    ] as const
    for (const [credentials, field, problem] of cases) {
      const source = manager.source(provider, credentials)
      expect(() => {
        source.validate()
      }).toThrow(expect.objectContaining({ code: 'ERR_LINGPAI_CONFIG', details: { field, problem } }))
      await expect(source.getAccessToken()).rejects.toMatchObject({ details: { field, problem } })
    }
    expect(simulator.ledger.tokenRequests()).toBe(0)
  })
})

describe('different sources of one account', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld()
  })
  afterEach(() => world.close())

  test('a provider with another API host gives a separate source of the same token', async () => {
    const { simulator } = world
    const { qqBot } = await import('@lingpai/provider-qq-bot')
    const manager = world.manager()
    const provider = simulator.provider(qqBot)
    const elsewhere = provider.extend({ apiBaseUrl: `${simulator.url}/wechat` })
    const [production, sandbox] = [provider, elsewhere].map((made) => manager.source(made, simulator.accounts.qq))
    expect(sandbox).not.toBe(production)
    expect(manager.source(provider.extend({ apiBaseUrl: `${simulator.url}/wechat` }), simulator.accounts.qq)).toBe(
      sandbox,
    )
    expect(await sandbox?.getAccessToken()).toBe(await production?.getAccessToken())
    expect(simulator.ledger.tokenRequests()).toBe(1)
    expect((await sandbox?.fetch('/cgi-bin/x'))?.url).toContain('/wechat/cgi-bin/x')
  })

  test('a read-only source does not make a concurrent writer fail', async () => {
    const { simulator } = world
    const { qqBot } = await import('@lingpai/provider-qq-bot')
    const manager = world.manager()
    const provider = simulator.provider(qqBot)
    const reader = manager.source(provider, simulator.accounts.qq, { readonly: true })
    const writer = manager.source(provider, simulator.accounts.qq)
    const [read, written] = await Promise.allSettled([reader.getAccessToken(), writer.getAccessToken()])
    expect(written.status).toBe('fulfilled')
    expect([read.status, await reader.getAccessToken()]).toEqual([expect.any(String), await writer.getAccessToken()])
  })

  test('refresh() continues when the manager that ran it closes', async () => {
    const { simulator, clock } = world
    const [first, second] = [world.manager(), world.manager()]
    const [a, b] = [world.source('wechatPlain', first), world.source('wechatPlain', second)]
    await a.getAccessToken()
    simulator.fault({ endpoint: 'token', hang: true })
    const ended = expect(a.refresh()).rejects.toMatchObject({ code: 'ERR_LINGPAI_CLOSED' })
    const going = b.refresh()
    while (simulator.ledger.tokenRequests() < 2) await clock.settle()
    await first.close()
    await ended
    expect(await clock.runUntil(going)).toMatchObject({ generation: 2 })
  })

  test('a signal aborts the wait for the replacement of a rejected token, too', async () => {
    const { simulator, clock } = world
    const source = world.source('wechat')
    await source.getAccessToken()
    simulator.revoke(simulator.accounts.wechat)
    simulator.fault({ endpoint: 'token', hang: true })
    const leaver = new AbortController()
    const reason = new Error('gone')
    const calls = [
      source.fetch('/cgi-bin/getcallbackip', { signal: leaver.signal }),
      source.withToken(() => ({ errcode: 42001 }), { signal: leaver.signal }),
    ].map((call) => expect(call).rejects.toBe(reason))
    while (simulator.ledger.tokenRequests() < 2) await clock.settle()
    leaver.abort(reason)
    await Promise.all(calls)
  })

  test('a report of a token that this process has not seen causes a look, even right after another look', async () => {
    const { clock } = world
    const open = (): IAccessTokenCache => fileCache({ directory, clock })
    const mine = world.source('wechatPlain', world.manager({ cache: open() }))
    const theirs = world.source('wechatPlain', world.manager({ cache: open() }))
    await mine.getAccessToken()
    await mine.reportRejected('some other token')
    const { value } = await theirs.refresh()
    world.simulator.revoke(world.simulator.accounts.wechat)
    const other = await mine.reportRejected(value, 40001)
    expect(other).not.toBe(value)
    expect((await mine.getRecord()).generation).toBe(3)
  })
})
