import type { IAccessTokenCache, TokenManagerOptions, TokenSource } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { minute, openWorld, second, type World } from './world.js'

const day = 24 * 60 * minute

let world: World
let entries: Map<string, string>
beforeEach(async () => {
  world = await openWorld()
  entries = new Map()
})
afterEach(() => world.close())

/** A separate process: the account states of a process belong to one cache object. */
function process(
  name: 'wechat' | 'wechatPlain' | 'wecom',
  reach: NonNullable<IAccessTokenCache['reach']> = 'host',
  options: Partial<TokenManagerOptions> = {},
): TokenSource {
  const cache: IAccessTokenCache = {
    reach,
    get: (key) => entries.get(key),
    set: (key, value) => void entries.set(key, value),
    remove: (key) => void entries.delete(key),
  }
  return world.source(name, world.manager({ cache, ...options }))
}

function record(): Record<string, unknown> {
  const [text = '{}'] = [...entries].filter(([key]) => !key.endsWith(':failure')).map(([, value]) => value)
  return JSON.parse(text) as Record<string, unknown>
}

function poison(changes: (record: Record<string, unknown>) => object): void {
  const [key = ''] = [...entries.keys()]
  entries.set(key, JSON.stringify({ ...record(), ...changes(record()) }))
}

const shifted = (byMs: number): object => {
  const { issuedAtMs, expiresAtMs, expired_time: end } = record()
  return {
    issuedAtMs: Number(issuedAtMs) + byMs,
    expiresAtMs: Number(expiresAtMs) + byMs,
    expired_time: Number(end) + byMs,
  }
}

describe.each(['host', 'process'] as const)('a record from the future, reach %s', (reach) => {
  test('a token written while the clock was a week ahead is replaced once, and by one process only', async () => {
    const first = await process('wechatPlain', reach).getAccessToken()
    poison(() => shifted(7 * day))
    const reader = process('wechatPlain', reach)
    const token = await reader.getAccessToken()
    expect(token).not.toBe(first)
    expect(world.simulator.ledger.tokenRequests()).toBe(2)
    expect(record()).toMatchObject({ access_token: token, generation: 2 })
    expect(await process('wechatPlain', reach).getAccessToken()).toBe(token)
    await world.clock.advance(30 * minute)
    expect(await reader.getAccessToken()).toBe(token)
    expect(world.simulator.ledger.tokenRequests()).toBe(2)
  })

  test('a record is corrected when the platform gives its token again', async () => {
    const token = await process('wecom', reach).getAccessToken()
    poison(() => shifted(7 * day))
    expect(await process('wecom', reach).getAccessToken()).toBe(token)
    expect(await process('wecom', reach).getAccessToken()).toBe(token)
    expect(world.simulator.ledger.tokenRequests()).toBe(2)
    expect(Number(record()['issuedAtMs'])).toBeLessThanOrEqual(world.clock.now())
  })
})

test('clocks a few minutes apart cost no refresh', async () => {
  const token = await process('wechatPlain').getAccessToken()
  poison(() => shifted(4 * minute))
  expect(await process('wechatPlain').getAccessToken()).toBe(token)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
})

test('processes whose clocks never agree do not replace each other’s tokens', async () => {
  const { clock } = world
  const ahead = { ...clock, now: () => clock.now() + 3 * 60 * minute, pendingTimers: 0 }
  const here = process('wechatPlain')
  const there = process('wechatPlain', 'host', { clock: ahead })
  for (let i = 0; i < 20; i += 1) {
    await there.getAccessToken()
    await here.getAccessToken()
    await clock.advance(61 * second)
  }
  expect(world.simulator.ledger.tokenRequests()).toBeLessThanOrEqual(4)
})

test('a read-only source trusts the record, because it cannot replace it', async () => {
  const token = await process('wechatPlain').getAccessToken()
  poison(() => shifted(7 * day))
  const { simulator } = world
  const manager = world.manager({
    cache: { reach: 'host', get: (key) => entries.get(key), set: () => undefined, remove: () => undefined },
  })
  const reader = manager.source(simulator.provider(wechatMpPlain), simulator.accounts.wechat, { readonly: true })
  expect(await reader.getAccessToken()).toBe(token)
})

describe('a poisoned record', () => {
  test.each([
    ['of centuries', () => ({ expiresAtMs: 8.6e15 })],
    ['issued in centuries', () => ({ issuedAtMs: 8.6e15, expiresAtMs: 8.6e15 + 7_200_000 })],
  ])('a life %s is shown as the platform’s longest', async (_, changes) => {
    await process('wechatPlain').getAccessToken()
    poison(changes)
    for (const reach of ['host', 'fleet'] as const) {
      const source = process('wechatPlain', reach)
      const { expiresAtMs } = await source.getRecord()
      expect(expiresAtMs - world.clock.now()).toBeLessThanOrEqual(30 * day)
      expect((source.status().expiresAtMs ?? Infinity) - world.clock.now()).toBeLessThanOrEqual(30 * day)
    }
    expect(world.simulator.ledger.tokenRequests()).toBeLessThanOrEqual(2)
  })

  test('the highest generation does not stop the counting: one request per refresh', async () => {
    await process('wechatPlain').getAccessToken()
    poison(() => ({ generation: Number.MAX_SAFE_INTEGER }))
    const source = process('wechatPlain')
    await source.getAccessToken()
    expect(world.simulator.ledger.tokenRequests()).toBe(1)
    const { generation: earlier } = await source.refresh()
    const { generation: latest } = await source.refresh()
    expect(world.simulator.ledger.tokenRequests()).toBe(3)
    expect(latest).toBe(earlier + 1)
    expect(await process('wechatPlain').getRecord()).toMatchObject({ generation: latest })
  })
})

test('records of a rolling upgrade are readable by both versions, and later fields outlive a refresh by the older one', async () => {
  const token = await process('wechatPlain').getAccessToken()
  poison(() => ({ format: 2, later: { scope: 'all' } }))
  const older = process('wechatPlain')
  expect(await older.getAccessToken()).toBe(token)
  expect(world.simulator.ledger.tokenRequests()).toBe(1)
  const { value } = await older.refresh()
  expect(record()).toMatchObject({ format: 2, later: { scope: 'all' }, access_token: value, generation: 2 })
})
