import { startSimulator } from '@lingpai/testing/simulator'
import { memoryCache } from '@lingpai/cache-memory'
import { systemClock, TokenManager, type IAccessTokenCache } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { handOuts } from '../../src/facades/hand-outs.js'
import type { ServedAccount } from '../../src/accounts/served-account.js'
import { storeKey } from '../../src/accounts/served-account.js'
import { mergeEvents } from '../../src/audit/merge-events.js'
import type { StoredEvent } from '../../src/audit/timeline-event.js'
import { openServerWorld, until, type ServerWorld, type Json } from './server-world.js'

const timelineOf = async (world: ServerWorld, account = 'shop'): Promise<readonly Json[]> =>
  (await world.call(`/v1/accounts/${account}/timeline`)).body['events'] as Json[]
const refresh = (world: ServerWorld, note?: string) =>
  world.call('/v1/accounts/shop/refreshes', { method: 'POST', body: { ...(note && { note }) } })

/** A cache that several worlds share, declared as reaching the whole fleet. */
function sharedCache(): { readonly cache: () => IAccessTokenCache; readonly texts: () => string } {
  const store = memoryCache()
  const written = new Map<string, string>()
  const set: IAccessTokenCache['set'] = (key, value, expiresAtMs) => {
    written.set(key, value)
    return store.set(key, value, expiresAtMs)
  }
  const lease = store.lease && {
    ...store.lease,
    commit: (key: string, holder: string, value: string, expiresAtMs?: number) => {
      written.set(key, value)
      return store.lease!.commit(key, holder, value, expiresAtMs)
    },
  }
  return {
    cache: () => ({ ...store, set, reach: 'host', ...(lease && { lease }) }),
    texts: () => [...written.values()].join('\n'),
  }
}

test('the timeline lists who did what and why, newest first, without tokens', async () => {
  const world = await openServerWorld()
  const reporter = world.key({ name: 'till 3', role: 'reporter', accounts: ['shop'] })
  await world.call('/v1/accounts/shop/token', { key: world.key({ name: 'web', role: 'reader' }) })
  world.simulator.revoke('wechat')
  const body = { generation: 1, code: 42001 }
  await world.call('/v1/accounts/shop/rejections', { method: 'POST', key: reporter, body })
  await refresh(world, 'the secret leaked')
  const events = await timelineOf(world)
  expect(events.map(({ event, generation, reason, by, note }) => [event, generation, reason, by, note])).toEqual([
    ['refreshed', 3, 'requested', 'operator', 'the secret leaked'],
    ['refreshed', 2, 'rejected', 'till 3', undefined],
    ['rejected', 1, undefined, 'till 3', undefined],
    ['refreshed', 1, 'cold', 'web', undefined],
  ])
  expect(events[0]).toMatchObject({ at: expect.any(Number), duration_ms: expect.any(Number) })
  expect(JSON.stringify(events)).not.toContain('simtok_')
  expect((await world.call('/v1/accounts/shop')).body['last_refresh']).toEqual(events[0])
  expect(world.logged()).toMatch(
    /"audit":true,"account":"shop".*"generation":3.*"note":"the secret leaked".*"by":"operator"/,
  )
  await world.close()
})

test('a background refresh is attributed to background-refresh in the timeline', async () => {
  const world = await openServerWorld({ isKeeping: true })
  await until(async () => (await timelineOf(world)).length > 0)
  expect((await timelineOf(world))[0]).toMatchObject({ event: 'refreshed', reason: 'cold', by: 'background-refresh' })
  await world.close()
})

test('the timeline survives a restart, is shared by all servers, and lists each refresh once', async () => {
  const simulator = await startSimulator()
  const { cache, texts } = sharedCache()
  const first = await openServerWorld({ simulator, cache: cache() })
  await refresh(first)
  const second = await openServerWorld({ simulator, cache: cache() })
  // The second server finds the token in the cache.
  await second.call('/v1/accounts/shop/token')
  await refresh(second)
  await first.call('/v1/accounts/shop/rejections', { method: 'POST', body: { generation: 1 } })
  await first.close()
  await second.close()

  const third = await openServerWorld({ simulator, cache: cache() })
  const events = await timelineOf(third)
  expect(events.map(({ event, generation }) => [event, generation])).toEqual([
    ['rejected', 1],
    ['refreshed', 2],
    ['refreshed', 1],
  ])
  await until(async () => (await third.call('/v1/accounts/shop')).body['last_refresh'] !== undefined)
  expect(texts()).toContain('"event":"refreshed"')
  expect(
    texts()
      .match(/\[\{"at".*/g)
      ?.join(''),
  ).not.toContain('simtok_')
  await third.close()
  await simulator.close()
})

test('two servers on one store that use one name for different accounts have separate timelines', async () => {
  const cache = memoryCache()
  const [one, other] = [await openServerWorld({ cache }), await openServerWorld({ cache })]
  await refresh(one)
  await refresh(one)
  await refresh(other)
  const hosts = [one, other].map(({ accounts }) => accounts.get('shop')?.source.account.host)
  expect(new Set(hosts).size).toBe(2)
  // Written to the store, and read from there.
  await one.server.close()
  await until(async () => (await timelineOf(other)).length > 0)
  expect((await timelineOf(other)).map(({ generation }) => generation)).toEqual([1])
  await other.close()
  await one.close()
})

test('a store that is down delays no token, and the events are written later', async () => {
  let isDown = false
  const store = memoryCache()
  const failing =
    <Args extends unknown[], T>(work: (...args: Args) => T) =>
    (...args: Args): T => {
      if (isDown) throw Object.assign(new Error('down'), { code: 'EDOWN' })
      return work(...args)
    }
  const cache = { ...store, get: failing(store.get), set: failing(store.set) } as IAccessTokenCache
  const { lease: _, ...plain } = cache
  const world = await openServerWorld({ cache: plain })
  await refresh(world)
  isDown = true
  expect((await refresh(world)).status).toBe(200)
  expect((await timelineOf(world)).map(({ generation }) => generation)).toEqual([2, 1])
  isDown = false
  await world.close()
  const { source } = world.accounts.get('shop')!
  expect(await store.get(await storeKey('timeline', { name: 'shop', source }))).toContain('"generation":2')
})

describe('one account with two secrets on one cache', () => {
  const secret = 'PLANTED-other-secret'

  test('servers with different secrets of one account do not read each other’s timeline', async () => {
    const { cache } = sharedCache()
    const one = await openServerWorld({ cache: cache() })
    const other = await openServerWorld({ cache: cache(), simulator: one.simulator })
    const { provider } = other.accounts.get('shop')!
    const wechat = one.simulator.provider(wechatMpPlain)
    const source = other.manager.source(wechat, { ...one.simulator.accounts.wechat, appSecret: secret })
    other.accounts.replace([{ name: 'shop', provider, source }])
    await refresh(one)
    await refresh(other)
    // Once written, it can only be read from the cache.
    await other.close()
    const third = await openServerWorld({ cache: cache(), simulator: one.simulator })
    let read = await timelineOf(third)
    // The first server is still open and writes later.
    while (read.length === 0) read = await timelineOf(third)
    expect(read.map(({ event }) => event)).toEqual(['refreshed'])
    expect((await timelineOf(one)).map(({ event }) => event)).toEqual(['refreshed'])
    const again = third.manager.source(wechat, { ...one.simulator.accounts.wechat, appSecret: secret })
    third.accounts.replace([{ name: 'shop', provider, source: again }])
    expect((await timelineOf(third)).map(({ event }) => event)).toEqual(['refresh-failed'])
    await third.close()
    await one.close()
  })

  test('a rotated secret keeps the timeline of its account', async () => {
    const { cache } = sharedCache()
    const world = await openServerWorld({ cache: cache() })
    const { wechat } = world.simulator.accounts
    const provider = world.simulator.provider(wechatMpPlain)
    let current: string = secret
    const credentials = { appId: wechat.appId, appSecret: () => Promise.resolve(current) }
    world.accounts.replace([{ name: 'shop', provider, source: world.manager.source(provider, credentials) }])
    await refresh(world)
    await until(async () => (await timelineOf(world)).length === 1)
    current = wechat.appSecret
    await until(async () => (await refresh(world)).status === 200)
    const events = (await timelineOf(world)).map(({ event }) => event)
    expect([events[0], events.at(-1)]).toEqual(['refreshed', 'refresh-failed'])
    await world.close()
    const next = await openServerWorld({ cache: cache(), simulator: world.simulator })
    expect((await timelineOf(next)).map(({ event }) => event)).toEqual(events)
    await next.close()
  })

  test('a hand-out under one secret is unknown under another secret', async () => {
    const cache: IAccessTokenCache = { ...memoryCache(), reach: 'fleet' }
    await using manager = new TokenManager({ cache })
    const account = (appSecret: string): ServedAccount => ({
      name: 'shop',
      provider: wechatMpPlain,
      source: manager.source(wechatMpPlain, { appId: 'wx1234567890abcdef', appSecret }),
    })
    const parts = { cache, clock: systemClock, time: { nowMs: () => Date.now() } }
    handOuts(parts).note(account(secret), 'till', { generation: 5, reportedSeconds: 7200, probes: 0 })
    const elsewhere = handOuts(parts)
    await until(async () => (await elsewhere.last(account(secret), 'till')) !== undefined)
    expect(await elsewhere.last(account(secret), 'till')).toMatchObject({ generation: 5 })
    expect(await elsewhere.last(account('PLANTED-third-secret'), 'till')).toBeUndefined()
  })
})

describe('merging timelines', () => {
  const event = (at: number, more: Partial<StoredEvent> = {}): StoredEvent => ({ at, event: 'refresh-failed', ...more })

  test('the newest two hundred events are stored', () => {
    const many = Array.from({ length: 300 }, (_, i) => event(i))
    const merged = mergeEvents(many.slice(0, 150), many.slice(100))
    expect(merged.map(({ at }) => at)).toEqual(Array.from({ length: 200 }, (_, i) => 299 - i))
  })

  test('a token that one server fetched and others found counts as one refresh', () => {
    const found = event(5, { event: 'adopted', generation: 7, expires_at: 99 })
    const fetched = event(4, { event: 'refreshed', generation: 7, expires_at: 99, by: 'background-refresh' })
    expect(mergeEvents([found], [fetched])).toEqual([fetched])
    expect(mergeEvents([fetched], [found, { ...found, at: 6 }])).toEqual([fetched])
    // After the store was lost, counting began again: this is another token.
    const other = event(9, { event: 'refreshed', generation: 7, expires_at: 200 })
    expect(mergeEvents([fetched], [other])).toEqual([other, fetched])
  })

  test('reports of one rejection on several servers count as one event', () => {
    const rejected = event(4, { event: 'rejected', generation: 7, by: 'a' })
    expect(mergeEvents([rejected], [{ ...rejected, at: 5, by: 'b' }])).toEqual([rejected])
  })

  test('a full timeline fits into any cache', () => {
    const long = Array.from({ length: 200 }, (_, i) => event(i, { note: 'x'.repeat(200), by: 'y'.repeat(64) }))
    expect(JSON.stringify(mergeEvents(long, [])).length).toBeLessThan(64 * 1024)
  })
})
