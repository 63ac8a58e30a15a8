import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AnyLingpaiError, CacheLease, IAccessTokenCache, TokenManagerOptions, TokenSource } from '@lingpai/core'
import { fileCache } from '@lingpai/cache-file'
import { memoryCache } from '@lingpai/cache-memory'
import { jsapiTicket, wechatMp } from '@lingpai/provider-wechat-mp'
import { plainCache } from './plain-cache.js'
import { hour, minute, openWorld, second, type World } from './world.js'

const outside = 'PLANTED-TOKEN-of-others'

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

const lastingFor = (ms: number) => ({ value: outside, expiresAtMs: world.clock.now() + ms })
/** The error that a promise rejects with. */
const errorOf = (promise: Promise<unknown>): Promise<AnyLingpaiError> =>
  promise.then(
    () => undefined as never,
    (error: unknown) => error as AnyLingpaiError,
  )
const open = (): IAccessTokenCache => fileCache({ directory, clock: world.clock })
const sourceOn = (cache: IAccessTokenCache, options: Partial<TokenManagerOptions> = {}): TokenSource =>
  world.source('wechatPlain', world.manager({ cache, ...options }))
const requests = (): number => world.simulator.ledger.tokenRequests()

/** A cache whose operations run `before` first. */
function disturbed(
  inner: IAccessTokenCache,
  before: (operation: 'get' | 'take' | 'commit', key: string) => void | Promise<void>,
): IAccessTokenCache {
  const { lease } = inner as { lease: CacheLease }
  return {
    ...inner,
    get: async (key) => (await before('get', key), inner.get(key)),
    lease: {
      ...lease,
      take: async (key, ...rest) => (await before('take', key), lease.take(key, ...rest)),
      commit: async (key, ...rest) => (await before('commit', key), lease.commit(key, ...rest)),
    },
  }
}

test('a token from outside becomes the record, with the next generation, for every process', async () => {
  const source = sourceOn(open())
  const { generation } = await source.getRecord()
  const token = lastingFor(hour)
  expect(await source.adopt(token)).toMatchObject({
    value: outside,
    generation: generation + 1,
    expiresAtMs: token.expiresAtMs,
  })
  expect(await source.getAccessToken()).toBe(outside)
  expect(await sourceOn(open()).getRecord()).toMatchObject({ value: outside, generation: generation + 1 })
  expect(world.events.filter(({ name }) => name === 'adopted')[0]?.event).toMatchObject({ generation: generation + 1 })
  expect(world.count('refreshed')).toBe(1)
  expect(requests()).toBe(1)
})

test('cold callers during an adoption get its token, and upstream is not asked', async () => {
  const source = sourceOn(open())
  const adopted = source.adopt(lastingFor(hour))
  while (source.status().state !== 'refreshing') await Promise.resolve()
  expect(await Promise.all(Array.from({ length: 100 }, () => source.getAccessToken()))).toEqual(
    Array.from({ length: 100 }, () => outside),
  )
  await adopted
  expect(requests()).toBe(0)
})

test('cold callers during an adoption that fails get a token from the platform', async () => {
  const source = sourceOn(open())
  const first = await source.reportRejected(outside)
  await world.clock.advance(3 * hour)
  const failed = errorOf(source.adopt(lastingFor(hour)))
  const callers = Promise.all(Array.from({ length: 20 }, () => source.getAccessToken()))
  expect(await failed).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field: 'value', problem: 'conflict' } })
  const [token] = new Set(await callers)
  expect([first, outside]).not.toContain(token)
  expect(requests()).toBe(2)
})

for (const [kind, cache] of [
  ['with a lease', () => memoryCache({ clock: world.clock })],
  ['without one', () => plainCache().cache],
] as const) {
  test(`a token adopted during an upstream request replaces its result, on a cache ${kind}`, async () => {
    const source = sourceOn(cache())
    world.simulator.fault({ endpoint: 'token', latencyMs: second })
    const refresh = source.getRecord()
    while (requests() < 1) await world.clock.settle()
    await world.clock.advance(1)
    const [adopted] = await world.clock.runUntil(Promise.all([source.adopt(lastingFor(hour)), refresh]))
    expect(adopted.value).toBe(outside)
    expect(source.peek()).toBe(outside)
    expect(await source.getAccessToken()).toBe(outside)
    expect(requests()).toBe(1)
  })
}

test('a token that another process requested after the call takes precedence over the adopted one', async () => {
  const other = sourceOn(open())
  let isBehind = true
  const source = sourceOn(
    disturbed(open(), async (operation) => {
      if (operation !== 'take' || !isBehind) return
      isBehind = false
      await world.clock.advance(1)
      await other.refresh()
    }),
  )
  const token = await source.adopt(lastingFor(hour))
  expect(token).toEqual(await other.getRecord())
  expect(await source.getAccessToken()).toBe(await other.getAccessToken())
  expect(world.count('lease-lost')).toBe(0)
})

test('an adoption whose lease is lost before the commit loses neither its token nor the record of the other process', async () => {
  const inner = open() as IAccessTokenCache & { readonly lease: CacheLease }
  const before = await sourceOn(open()).getRecord()
  let isLost = false
  const source = sourceOn({
    ...inner,
    lease: {
      ...inner.lease,
      commit: async (key, holder, ...rest) => {
        if (!isLost) {
          await inner.lease.release(key, holder)
          await inner.lease.take(key, 'another holder', second)
        }
        isLost = true
        return inner.lease.commit(key, holder, ...rest)
      },
    },
  })
  const adopted = await world.clock.runUntil(source.adopt(lastingFor(hour)))
  expect(world.count('lease-lost')).toBe(1)
  expect(adopted).toMatchObject({ value: outside, generation: before.generation + 1 })
  // The holder of the lease decides what is stored until its lease is over.
  expect(await sourceOn(open()).getAccessToken()).toBe(before.value)
  await world.clock.advance(10 * second)
  expect(await sourceOn(open()).getRecord()).toMatchObject({ value: outside, generation: before.generation + 1 })
  expect(requests()).toBe(1)
})

test.each(['down', 'silent'] as const)(
  'a token adopted while the cache is %s stays in memory, and is written once the cache is back',
  async (state) => {
    let isUp = false
    const failing = (): Promise<void> | undefined => {
      if (isUp) return undefined
      return state === 'down'
        ? Promise.reject(Object.assign(new Error('store is down'), { code: 'ECONNREFUSED' }))
        : new Promise(() => undefined)
    }
    const source = sourceOn(disturbed(open(), failing))
    const { generation } = await world.clock.runUntil(source.adopt(lastingFor(hour)))
    expect(generation).toBe(1)
    expect(await world.clock.runUntil(source.getAccessToken())).toBe(outside)
    isUp = true
    await world.clock.advance(10 * second)
    expect(await sourceOn(open()).getRecord()).toMatchObject({ value: outside, generation: 1 })
    expect(requests()).toBe(0)
  },
)

test('an adoption that cannot take the lease within timeoutMs is a LeaseError, and the record stays', async () => {
  const inner = open()
  const before = await sourceOn(open()).getAccessToken()
  const keys: string[] = []
  const source = sourceOn(
    disturbed(inner, (_, key) => void keys.push(key)),
    { timeoutMs: 3 * second },
  )
  await source.getAccessToken()
  await inner.lease?.take(keys[0] ?? '', 'another holder', hour)
  expect(await world.clock.runUntil(errorOf(source.adopt(lastingFor(hour))))).toMatchObject({
    code: 'ERR_LINGPAI_LEASE',
  })
  expect(await source.getAccessToken()).toBe(before)
})

test('adopting the current token again changes nothing', async () => {
  const source = sourceOn(open())
  const record = await source.getRecord()
  const events = world.events.length
  const again = await source.adopt({ value: record.value, expiresAtMs: world.clock.now() + 7200 * second })
  expect(again).toEqual(record)
  expect(await source.getRecord()).toEqual(record)
  expect(world.events).toHaveLength(events)
})

test('onlyIfNone: an account that has a usable token keeps it, even if only the cache knows it', async () => {
  const record = await sourceOn(open()).getRecord()
  const source = sourceOn(open())
  expect(await source.adopt(lastingFor(hour), { onlyIfNone: true })).toEqual(record)
  expect(await source.getAccessToken()).toBe(record.value)
  expect(requests()).toBe(1)
})

test('onlyIfNone: an account without a token, or with an expired or rejected one, adopts', async () => {
  const source = sourceOn(open())
  expect(await source.adopt(lastingFor(minute), { onlyIfNone: true })).toMatchObject({ value: outside, generation: 1 })
  await world.clock.advance(hour)
  const next = { ...lastingFor(hour), value: `${outside}-2` }
  expect(await source.adopt(next, { onlyIfNone: true })).toMatchObject({ value: next.value, generation: 2 })
  world.simulator.fault({ endpoint: 'token', times: 9, status: 500 })
  await world.clock.runUntil(errorOf(source.reportRejected(next.value, 40001)))
  const last = { ...lastingFor(hour), value: `${outside}-3` }
  expect(await source.adopt(last, { onlyIfNone: true })).toMatchObject({ value: last.value, generation: 3 })
})

test('the refresh ahead and the background refresh observe the expiry of the adopted token', async () => {
  const source = sourceOn(open())
  await source.getAccessToken()
  const before = source.status().refreshAtMs ?? 0
  await source.adopt(lastingFor(hour))
  const { expiresAtMs = 0, refreshAtMs = 0 } = source.status()
  expect(expiresAtMs).toBe(world.clock.now() + hour)
  expect(refreshAtMs).toBeLessThan(before)
  source.startBackgroundRefresh()
  await world.clock.advance(refreshAtMs - world.clock.now() - second)
  expect(requests()).toBe(1)
  await world.clock.advance(2 * minute)
  expect(requests()).toBe(2)
  expect(await source.getAccessToken()).not.toBe(outside)
})

test('the expiry of an adopted token is on the clock of this host, even if the store has a clock', async () => {
  const { clock } = world
  const behindMs = 10 * minute
  const store = (): IAccessTokenCache => ({
    ...fileCache({ directory, clock: { now: () => clock.now() - behindMs } }),
    nowMs: () => clock.now() - behindMs,
  })
  const source = sourceOn(store())
  await source.adopt(lastingFor(hour))
  const other = sourceOn(store())
  expect(await other.getAccessToken()).toBe(outside)
  await clock.advance(hour - 5 * second)
  expect(other.peek()).toBeUndefined()
  expect(source.peek()).toBeUndefined()
})

test('an adopted token does not end a cool-down: the platform has not been asked', async () => {
  world.simulator.fault({ endpoint: 'token', body: { errcode: 45009, errmsg: 'reach max api daily quota limit' } })
  const source = sourceOn(open())
  const failure = await errorOf(source.getAccessToken())
  await source.adopt(lastingFor(hour))
  expect(await source.getAccessToken()).toBe(outside)
  await expect(source.reportRejected(outside, 40001)).rejects.toMatchObject({ code: failure.code })
  expect(requests()).toBe(1)
})

test('a ticket is adopted without a request for its parent token', async () => {
  const { simulator } = world
  const manager = world.manager({ cache: open() })
  const ticket = manager.source(simulator.provider(jsapiTicket), simulator.accounts.wechat)
  const token = manager.source(simulator.provider(wechatMp), simulator.accounts.wechat)
  await ticket.adopt(lastingFor(hour))
  expect(await ticket.getAccessToken()).toBe(outside)
  expect(token.status().state).toBe('none')
  expect([requests(), simulator.ledger.ticketRequests()]).toEqual([0, 0])
})

test('a token that an API rejected is not adopted', async () => {
  const source = world.source('wechat')
  const dead = await source.getAccessToken()
  world.simulator.revoke(world.simulator.accounts.wechat)
  const current = await source.reportRejected(dead, 40001)
  await expect(source.adopt({ ...lastingFor(hour), value: dead })).rejects.toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    details: { field: 'value', problem: 'conflict' },
  })
  expect(await source.getAccessToken()).toBe(current)
})

test('adopt on a read-only source is a ConfigError that says where to call it', async () => {
  const manager = world.manager({ cache: open() })
  const { simulator } = world
  const source = manager.source(simulator.provider(wechatMp), simulator.accounts.wechat, { readonly: true })
  expect(await errorOf(source.adopt(lastingFor(hour)))).toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    details: { field: 'readonly', problem: 'conflict' },
    hint: expect.stringContaining('readonly') as string,
  })
})

test('an adopted token that expires while waiting for the lease replaces nothing', async () => {
  const inner = open()
  const before = await sourceOn(open()).getAccessToken()
  const keys: string[] = []
  const source = sourceOn(disturbed(inner, (_, key) => void keys.push(key)))
  await source.getAccessToken()
  await inner.lease?.take(keys[0] ?? '', 'another holder', 3 * second)
  expect(await world.clock.runUntil(errorOf(source.adopt(lastingFor(second))))).toMatchObject({
    code: 'ERR_LINGPAI_CONFIG',
    details: { field: 'expiresAtMs', problem: 'conflict' },
  })
  expect(await source.getAccessToken()).toBe(before)
})

/** Where the test clock starts. */
const start = Date.UTC(2026, 0, 1)
test.each<[what: string, field: string, token: unknown]>([
  ['nothing at all', 'value', undefined],
  ['the token alone', 'value', outside],
  ['an empty token', 'value', { value: '', expiresAtMs: 8e12 }],
  ['no token', 'value', { expiresAtMs: 8e12 }],
  ['a token with a line break', 'value', { value: `${outside}\n`, expiresAtMs: 8e12 }],
  ['seconds to live', 'expiresAtMs', { value: outside, expiresAtMs: 7200 }],
  ['Unix seconds', 'expiresAtMs', { value: outside, expiresAtMs: start / 1000 + 7200 }],
  ['a moment in the past', 'expiresAtMs', { value: outside, expiresAtMs: start - 1 }],
  ['a life beyond the longest of the platform', 'expiresAtMs', { value: outside, expiresAtMs: 8e12 }],
  ['NaN', 'expiresAtMs', { value: outside, expiresAtMs: NaN }],
  ['Infinity', 'expiresAtMs', { value: outside, expiresAtMs: Infinity }],
  ['a Date', 'expiresAtMs', { value: outside, expiresAtMs: new Date(8e12) }],
  ['no moment', 'expiresAtMs', { value: outside }],
])('adopt names the bad field, and quotes no token: %s', async (_, field, token) => {
  const source = world.source('wechat')
  const error = await errorOf(source.adopt(token as Parameters<TokenSource['adopt']>[0]))
  expect(error).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field } })
  expect(error.message).toContain(`adopt: "${field}" must be`)
  if (field === 'expiresAtMs') expect(error.hint).toContain('expires_in * 1000')
  expect(error.message + (error.hint ?? '')).not.toContain(outside)
  expect(source.peek()).toBeUndefined()
})
