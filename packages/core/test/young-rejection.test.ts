import { plainCache } from './plain-cache.js'
import { apiPath, minute, openWorld, second, type World } from './world.js'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const probePath = '/cgi-bin/getcallbackip'
const untrue = { body: { errcode: 40001, errmsg: 'invalid credential' } }

test('a broken client that reports each new token as rejected invalidates no token that others hold', async () => {
  const { simulator } = world
  const source = world.source('wechatPlain')
  const held = await source.getAccessToken()
  for (let report = 0; report < 50; report += 1) {
    expect(await source.reportRejected(await source.getAccessToken(), 40001)).toBe(held)
  }
  expect(simulator.ledger.tokenRequests()).toBe(1)
  expect(simulator.ledger.deadPresented()).toBe(0)
  expect(world.events.filter(({ name }) => name === 'same-token').at(-1)?.event).toMatchObject({ reason: 'rejected' })
})

test('false reports of a young token cost one probe at one moment, one each later, and no token', async () => {
  const { simulator } = world
  let probes = 0
  const provider = world.manager({
    fetch: (input, init) => {
      if (String(input).includes(probePath)) probes += 1
      return fetch(input, init)
    },
  })
  const source = world.source('wechatPlain', provider)
  const { value, generation } = await source.getRecord()
  await Promise.all(Array.from({ length: 100 }, (_, i) => source.reportRejected(i % 2 ? value : { generation }, 40001)))
  expect(probes).toBe(1)
  for (let report = 0; report < 20; report += 1) await source.reportRejected(value, 42001)
  expect(probes).toBe(21)
  expect(simulator.ledger.tokenRequests()).toBe(1)
})

test('callers do not wait for the write that records a refuted report', async () => {
  const { cache } = plainCache()
  const atHand: (string | undefined)[] = []
  const set: typeof cache.set = (key, value) => {
    atHand.push(source.peek())
    return cache.set(key, value)
  }
  const source = world.source('wechatPlain', world.manager({ cache: { ...cache, set } }))
  const token = await source.getAccessToken()
  expect(await source.reportRejected(token, 40001)).toBe(token)
  expect(atHand).toEqual([undefined, token])
})

test('fetch and withToken return the platform’s response after one call if the probe refutes the report', async () => {
  const { simulator } = world
  const source = world.source('wechatPlain')
  const token = await source.getAccessToken()
  simulator.fault({ endpoint: '/cgi-bin/other', ...untrue, times: Infinity })
  expect(await (await source.fetch('/cgi-bin/other')).json()).toEqual(untrue.body)
  let calls = 0
  const outcome = await source.withToken(() => {
    calls += 1
    return untrue.body
  })
  expect([outcome, calls]).toEqual([untrue.body, 1])
  expect(await source.getAccessToken()).toBe(token)
  expect(simulator.ledger.tokenRequests()).toBe(1)
})

test('an invalid young token is probed and replaced, and the call succeeds', async () => {
  const { simulator } = world
  const source = world.source('wechatPlain')
  const dead = await source.getAccessToken()
  simulator.revoke(simulator.accounts.wechat)
  const response = await source.fetch(apiPath.wechatPlain)
  expect(await response.json()).toMatchObject({ ip_list: expect.anything() })
  expect(await source.getAccessToken()).not.toBe(dead)
  expect(simulator.ledger.tokenRequests()).toBe(2)
})

test('a young token that becomes invalid after its probe is replaced at the next report', async () => {
  const { simulator } = world
  const source = world.source('wechatPlain')
  const token = await source.getAccessToken()
  expect(await source.reportRejected(token, 40001)).toBe(token)
  simulator.revoke(simulator.accounts.wechat)
  expect(await source.reportRejected(token, 40001)).not.toBe(token)
})

for (const [what, fault] of Object.entries({
  'does not answer': { drop: 'before' },
  'fails with a status': { status: 502 },
  'is rate-limited': { body: { errcode: 45009, errmsg: 'reach max api daily quota limit' } },
} as const)) {
  test(`a young token whose probe ${what} is replaced`, async () => {
    const { simulator, clock } = world
    const source = world.source('wechatPlain')
    const token = await source.getAccessToken()
    simulator.fault({ endpoint: probePath, ...fault, times: Infinity })
    expect(await clock.runUntil(source.reportRejected(token, 40001))).not.toBe(token)
    expect(simulator.ledger.tokenRequests()).toBe(2)
  })
}

test('a token older than a minute is replaced without a probe', async () => {
  const { simulator, clock } = world
  const source = world.source('wechatPlain')
  const token = await source.getAccessToken()
  await clock.advance(minute)
  expect(await clock.runUntil(source.reportRejected(token, 40001))).not.toBe(token)
  expect(simulator.ledger.tokenRequests()).toBe(2)
})

test('another process’s mark on a young token is probed as well, and removed', async () => {
  const { simulator, clock } = world
  const { cache } = plainCache()
  const first = world.source('wechatPlain', world.manager({ cache: { ...cache } }))
  const token = await first.getAccessToken()
  simulator.fault({ endpoint: probePath, status: 502 })
  simulator.fault({ endpoint: 'token', drop: 'before', times: Infinity })
  await expect(clock.runUntil(first.reportRejected(token, 40001))).rejects.toMatchObject({
    code: 'ERR_LINGPAI_TRANSPORT',
  })
  simulator.clearFaults()
  await clock.advance(11 * second)
  const other = world.source('wechatPlain', world.manager({ cache: { ...cache } }))
  const before = simulator.ledger.tokenRequests()
  expect(await clock.runUntil(other.getAccessToken())).toBe(token)
  expect(simulator.ledger.tokenRequests()).toBe(before)
})

test('a platform error that the platform’s own probe contradicts is returned as the platform’s response', async () => {
  const { simulator } = world
  const source = world.source('wecom')
  const token = await source.getAccessToken()
  const body = { errcode: 40014, errmsg: 'invalid access_token' }
  simulator.fault({ endpoint: '/cgi-bin/other', body, times: Infinity })
  const reply = await source.fetch('/cgi-bin/other')
  expect(await reply.json()).toEqual(body)
  expect(await source.getAccessToken()).toBe(token)
  expect((await source.fetch(apiPath.wecom)).status).toBe(200)
  expect(simulator.ledger.tokenRequests()).toBe(2)
})

test('a slow probe delays callers that have no other token', async () => {
  const { simulator, clock } = world
  const source = world.source('wecom')
  const token = await source.getAccessToken()
  simulator.fault({ endpoint: apiPath.wecom, latencyMs: 5 * second })
  expect(await clock.runUntil(source.reportRejected(token, 40014))).toBe(token)
})
