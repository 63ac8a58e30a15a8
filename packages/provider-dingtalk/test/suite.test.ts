import { TokenManager } from '@lingpai/core'
import { dingtalkCorp, suiteTickets } from '@lingpai/provider-dingtalk'
import { testClock } from '@lingpai/testing'
import { startSimulator } from '@lingpai/testing/simulator'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

function mapCache() {
  const entries = new Map<string, string>()
  return {
    entries,
    get: (key: string) => entries.get(key),
    set: (key: string, value: string) => void entries.set(key, value),
    remove: (key: string) => void entries.delete(key),
  }
}

test('a ticket that changes every ten minutes keeps one account and one record over a day', async () => {
  const clock = testClock()
  await using simulator = await startSimulator({ clock })
  const cache = mapCache()
  await using tokens = new TokenManager({ cache, clock })
  const { appKey: suiteKey, appSecret: suiteSecret } = simulator.accounts.dingtalk
  simulator.change('dingtalk', { tenants: ['corp1'] })
  const tickets = suiteTickets(cache, suiteKey)
  const receive = (): Promise<void> =>
    tickets.receive((simulator.push('dingtalk') as { readonly suiteTicket: string }).suiteTicket)
  const source = () =>
    tokens.source(simulator.provider(dingtalkCorp), {
      suiteKey,
      suiteSecret,
      authCorpId: 'corp1',
      suiteTicket: tickets.read,
    })
  await receive()
  const first = source()
  for (let passedMs = 0; passedMs < dayMs; passedMs += minuteMs) {
    if (passedMs % (10 * minuteMs) === 0) await receive()
    expect((await source().fetch('/v1.0/microApp/allApps')).status).toBe(200)
    await clock.advance(minuteMs)
  }
  expect(source()).toBe(first)
  expect(cache.entries.size).toBe(2)
  expect(simulator.ledger.deadPresented()).toBe(0)
  // One for each life without its last ten minutes.
  expect(simulator.ledger.tokenRequests()).toBeLessThanOrEqual(14)
  for (const [key, value] of cache.entries) if (!key.includes('pushed')) expect(value).not.toContain('_pushed_')
})

test('a living token is served while no ticket works, and the next ticket brings a new one', async () => {
  const clock = testClock()
  await using simulator = await startSimulator({ clock })
  const cache = mapCache()
  await using tokens = new TokenManager({ cache, clock })
  const { appKey: suiteKey, appSecret: suiteSecret } = simulator.accounts.dingtalk
  simulator.change('dingtalk', { tenants: ['corp1'] })
  const tickets = suiteTickets(cache, suiteKey)
  const pushed = (): string => (simulator.push('dingtalk') as { readonly suiteTicket: string }).suiteTicket
  const suiteTicket = tickets.read
  const source = tokens.source(simulator.provider(dingtalkCorp), {
    suiteKey,
    suiteSecret,
    authCorpId: 'corp1',
    suiteTicket,
  })
  await tickets.receive(pushed())
  const token = await source.getAccessToken()
  // This one got lost on its way.
  pushed()
  await clock.advance(115 * minuteMs)
  expect(await source.getAccessToken()).toBe(token)
  await clock.settle()
  await tickets.receive(pushed())
  await clock.advance(4 * minuteMs)
  expect(await source.getAccessToken()).toBe(token)
  await clock.settle()
  const next = await source.getAccessToken()
  expect(next).not.toBe(token)
  expect(simulator.ledger.deadPresented()).toBe(0)
})
