import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type TokenSource } from '@lingpai/core'
import {
  appTicketIn,
  appTickets,
  feishu,
  feishuKeyless,
  feishuOAuth,
  feishuStoreApp,
  feishuStoreTenant,
  resendAppTicket,
  type AppTicketInOptions,
  type PushedCredential,
} from '@lingpai/provider-feishu'
import { testClock, type TestClock } from '@lingpai/testing'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'

const app = { appId: 'cli_a1b2c3', appSecret: 'PLANTED-SECRET-of-a-store-app' }
const [v1, v2] = [
  { type: 'event_callback', token: 'v', event: { type: 'app_ticket', app_id: 'cli_1', app_ticket: 't1' } },
  { schema: '2.0', header: { event_type: 'app_ticket', app_id: 'cli_1', token: 'v' }, event: { app_ticket: 't1' } },
]

test('a ticket is read from both versions of the event, as text or parsed', () => {
  for (const event of [v1, v2, JSON.stringify(v1), JSON.stringify(v2)]) {
    expect(appTicketIn(event)).toEqual({ appId: 'cli_1', appTicket: 't1' })
    expect(appTicketIn(event, { verificationToken: 'v' })).toEqual({ appId: 'cli_1', appTicket: 't1' })
  }
})

test.each<[string, unknown, AppTicketInOptions]>([
  ['another event', { ...v1, event: { type: 'message', app_ticket: 't1' } }, {}],
  ['another event of version 2', { ...v2, header: { event_type: 'im.message.receive_v1' } }, {}],
  ['an event without a ticket', { ...v1, event: { type: 'app_ticket', app_id: 'cli_1' } }, {}],
  ['an encrypted event', { encrypt: 'FIAfJPGRmFZWkaxPQ1XrJZVbv2JwdjfLk4jx0k' }, {}],
  ['a text that is not JSON', 'event=app_ticket', {}],
  ['null', null, {}],
  ['a forged event', v1, { verificationToken: 'another' }],
  ['a forged event of version 2', v2, { verificationToken: 'w' }],
  ['an event without a verification token', { ...v1, token: undefined }, { verificationToken: 'v' }],
])('%s holds no ticket', (_, event, options) => {
  expect(appTicketIn(event, options)).toBeUndefined()
})

test('an empty verification token, as of a variable that is not set, accepts nothing', () => {
  const forged = { ...v1, token: undefined }
  expect(() => appTicketIn(forged, { verificationToken: '' })).toThrow(/"verificationToken" is empty/)
})

describe('against the simulator', () => {
  let clock: TestClock
  let simulator: Simulator
  let manager: TokenManager
  let tickets: PushedCredential
  const push = async (): Promise<void> => {
    await tickets.receive(appTicketIn(simulator.push('feishu'))?.appTicket ?? '')
  }
  const sourceOf = (tenantKey: string): TokenSource =>
    manager.source(simulator.provider(feishuStoreTenant), { ...app, tenantKey, appTicket: tickets.read })

  beforeEach(async () => {
    clock = testClock()
    simulator = await startSimulator({ clock, accounts: { feishu: [{ ...app, tenants: ['tenant-a', 'tenant-b'] }] } })
    manager = new TokenManager({ cache: memoryCache(), clock })
    tickets = appTickets(memoryCache(), app.appId)
  })
  afterEach(async () => {
    await manager.close()
    await simulator.close()
  })

  test('tenants share the token of the app, and each has its own', async () => {
    await push()
    const replies = await Promise.all(
      ['tenant-a', 'tenant-b'].map((key) => sourceOf(key).fetch('/open-apis/im/v1/messages', { method: 'POST' })),
    )
    expect(replies.map(({ status }) => status)).toEqual([200, 200])
    expect(simulator.ledger.tokenRequests()).toBe(3)
  })

  test('without a ticket nothing is sent; after a resend, the next request succeeds', async () => {
    const tenant = sourceOf('tenant-a')
    await expect(clock.runUntil(tenant.getAccessToken())).rejects.toMatchObject({
      code: 'ERR_LINGPAI_UNAVAILABLE',
      details: { field: 'appTicket' },
    })
    expect(simulator.ledger.tokenRequests()).toBe(0)
    await resendAppTicket(tenant)
    await push()
    await clock.advance(60_000)
    expect(await tenant.getAccessToken()).toMatch(/^simtok_feishu_/)
  })

  test('an outdated ticket costs one request, names the remedy, and heals with the next push', async () => {
    await push()
    simulator.push('feishu')
    const store = manager.source(simulator.provider(feishuStoreApp), { ...app, appTicket: tickets.read })
    await expect(store.getAccessToken()).rejects.toMatchObject({
      retryable: true,
      details: { platformCode: 10012, errorClass: 'transient' },
      hint: expect.stringContaining('resendAppTicket(source)') as string,
    })
    await expect(store.getAccessToken()).rejects.toMatchObject({ details: { platformCode: 10012 } })
    expect(simulator.ledger.tokenRequests()).toBe(1)
    await push()
    await clock.advance(12_000)
    expect(await store.getAccessToken()).toMatch(/^simtok_feishu_/)
    expect(simulator.ledger.tokenRequests()).toBe(2)
  })

  test('a dead token of the app is replaced once, and the tenant gets its token', async () => {
    await push()
    const tenant = sourceOf('tenant-a')
    const first = await tenant.getAccessToken()
    simulator.revoke('feishu')
    expect((await tenant.fetch('/open-apis/im/v1/messages', { method: 'POST' })).status).toBe(200)
    expect(await tenant.getAccessToken()).not.toBe(first)
    // Both tokens at first; then the tenant's, which is rejected for the app's, the app's, and the tenant's again.
    expect(simulator.ledger.tokenRequests()).toBe(5)
  })

  test('a resend that Feishu rejects says why, and shows no secret', async () => {
    const wrong = { ...app, appSecret: 'PLANTED-SECRET-that-is-wrong', appTicket: tickets.read }
    const store = manager.source(simulator.provider(feishuStoreApp), wrong)
    const error: unknown = await resendAppTicket(store).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR_LINGPAI_PLATFORM', details: { platformCode: 10014 } })
    expect(JSON.stringify(error)).not.toContain('PLANTED')
  })

  test('a ticket that changes every ten minutes keeps one account and one record for a day', async () => {
    const entries = new Map<string, string>()
    const records = {
      get: (key: string) => entries.get(key),
      set: (key: string, value: string) => void entries.set(key, value),
      remove: (key: string) => void entries.delete(key),
    }
    await using tokens = new TokenManager({ cache: records, clock })
    const given = { ...app, tenantKey: 'tenant-a', appTicket: tickets.read }
    const tenant = tokens.source(simulator.provider(feishuStoreTenant), given)
    await push()
    const pushed = [await tickets.read()]
    for (let minutes = 0; minutes < 24 * 60; minutes += 10) {
      expect((await tenant.fetch('/open-apis/im/v1/messages', { method: 'POST' })).status).toBe(200)
      expect(tokens.source(simulator.provider(feishuStoreTenant), given).account).toEqual(tenant.account)
      await clock.advance(600_000)
      await push()
      pushed.push(await tickets.read())
    }
    expect(new Set(pushed).size).toBe(145)
    const ofTokens = [...entries.keys()].filter((key) => key.startsWith('lingpai:1:feishu:'))
    expect(ofTokens.map((key) => key.split(':')[3])).toEqual(expect.arrayContaining(['store-tenant', 'store-app']))
    expect(ofTokens).toHaveLength(2)
    for (const ticket of pushed) expect(JSON.stringify([...entries])).not.toContain(ticket)
    expect(simulator.ledger.deadPresented()).toBe(0)
    // Each token lives for two hours and is replaced in its last 30 minutes.
    expect(simulator.ledger.tokenRequests()).toBeLessThanOrEqual(2 * 17)
  })
})

test('a revoked tenant token costs one request for fifty callers, with HTTP 400 and with HTTP 200', async () => {
  for (const rejectedStatus of [400, 200] as const) {
    await using simulator = await startSimulator({ accounts: { feishu: [{ ...app, rejectedStatus }] } })
    await using manager = new TokenManager({ cache: memoryCache() })
    const source = manager.source(simulator.provider(feishu), app)
    const send = async (): Promise<unknown> =>
      (await source.fetch('/open-apis/im/v1/messages', { method: 'POST', body: '{}' })).json()
    await Promise.all(Array.from({ length: 50 }, send))
    expect(simulator.ledger.tokenRequests()).toBe(1)
    simulator.revoke('feishu')
    const replies = await Promise.all(Array.from({ length: 50 }, send))
    for (const reply of replies) expect(reply).toMatchObject({ code: 0 })
    expect(simulator.ledger.tokenRequests()).toBe(2)
  }
})

test('OAuth tokens come for a secret and for an assertion, and a call accepts both', async () => {
  await using simulator = await startSimulator({ accounts: { feishu: [app] } })
  await using manager = new TokenManager({ cache: memoryCache() })
  const sources = [
    manager.source(simulator.provider(feishuOAuth), app),
    manager.source(simulator.provider(feishuKeyless), { appId: app.appId, clientAssertion: () => 'signed' }),
  ]
  for (const source of sources) expect((await source.fetch('/open-apis/bot/v3/info')).status).toBe(200)
  expect(simulator.ledger.tokensIssued()).toBe(2)
})
