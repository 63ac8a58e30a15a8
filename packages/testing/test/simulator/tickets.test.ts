import { testClock, type TestClock } from '@lingpai/testing'
import { simulatorAdmin, startSimulator, type Simulator } from '@lingpai/testing/simulator'

let clock: TestClock
let simulator: Simulator
beforeEach(async () => {
  clock = testClock()
  simulator = await startSimulator({ clock, timeScale: 2 })
})
afterEach(() => simulator.close())

const call = async (path: string): Promise<Record<string, unknown>> =>
  (await (await fetch(simulator.url + path)).json()) as Record<string, unknown>

/** The three ways to a ticket, each with a token of its platform. */
const ways = [
  ['wechat', '/wechat/cgi-bin/ticket/getticket?type=jsapi'],
  ['wechat', '/wechat/cgi-bin/ticket/getticket?type=wx_card'],
  ['wecom', '/wecom/cgi-bin/get_jsapi_ticket?'],
  ['wecom', '/wecom/cgi-bin/ticket/get?type=agent_config'],
] as const

test.each(ways)(
  '%s: %s repeats the same ticket for its life, and always tells the whole of it',
  async (platform, path) => {
    const ask = (): ReturnType<typeof call> => call(`${path}&access_token=${simulator.mint(platform)}`)
    const first = await ask()
    // At twice the speed, 7200 s of the platform are 3600 s of its clients.
    expect(first).toEqual({ errcode: 0, errmsg: 'ok', ticket: expect.stringMatching(/^simtok_/), expires_in: 3600 })
    await clock.advance(3_599_000)
    expect(await ask()).toEqual(first)
    await clock.advance(1000)
    const second = await ask()
    expect(second).toMatchObject({ errcode: 0, expires_in: 3600 })
    expect(second['ticket']).not.toBe(first['ticket'])
    const { ledger } = simulator
    expect([ledger.ticketRequests(), ledger.ticketsIssued(), ledger.summary().ticketsRepeated]).toEqual([3, 2, 1])
    expect([ledger.tokenRequests(), ledger.apiRequests(), ledger.tokensIssued()]).toEqual([0, 0, 0])
  },
)

test('kinds and accounts have different tickets', async () => {
  const tickets = await Promise.all(
    ways.map(async ([platform, path]) => (await call(`${path}&access_token=${simulator.mint(platform)}`))['ticket']),
  )
  expect(new Set(tickets).size).toBe(ways.length)
})

test.each(ways)('%s: %s requires a working token, and does not accept a ticket', async (platform, path) => {
  const token = simulator.mint(platform)
  const codeWith = async (value: string): Promise<unknown> => (await call(`${path}&access_token=${value}`))['errcode']
  const { ticket } = await call(`${path}&access_token=${token}`)
  expect(await codeWith('')).toBe(41001)
  expect(await codeWith('short')).toBe(40014)
  expect([40001, 40014]).toContain(await codeWith(String(ticket)))
  simulator.revoke(platform)
  expect(await codeWith(token)).toBe(platform === 'wechat' ? 40001 : 40014)
  expect(simulator.ledger.deadPresented({ kind: 'revoked' })).toBe(1)
  // Nothing happened to the ticket.
  expect(await call(`${path}&access_token=${simulator.mint(platform)}`)).toMatchObject({ ticket })
})

test('a ticket endpoint reports an expired token as 42001', async () => {
  const token = simulator.mint('wechat', { kind: 'stable' })
  await clock.advance(3_600_000)
  expect(await call(`${ways[0][1]}&access_token=${token}`)).toMatchObject({ errcode: 42001 })
})

test('an unknown type of ticket is rejected', async () => {
  const token = simulator.mint('wechat')
  for (const type of ['', 'corp', '__proto__', 'toString']) {
    const path = `/wechat/cgi-bin/ticket/getticket?type=${type}&access_token=${token}`
    expect(await call(path)).not.toHaveProperty('ticket')
  }
  expect(simulator.ledger.ticketRequests()).toBe(0)
})

test('WeCom allows an app a hundred ticket requests an hour, and as many in the next hour', async () => {
  const token = simulator.mint('wecom')
  const ask = async (): Promise<unknown> =>
    (await call(`/wecom/cgi-bin/get_jsapi_ticket?access_token=${token}`))['errcode']
  const codes = new Set<unknown>()
  for (let i = 0; i < 100; i += 1) codes.add(await ask())
  expect(codes).toEqual(new Set([0]))
  expect(await ask()).toBe(45009)
  await clock.advance(1_800_000)
  expect(await ask()).toBe(0)
})

test('a fault can affect ticket requests only', async () => {
  const token = simulator.mint('wechat')
  simulator.fault({ endpoint: 'ticket', body: { errcode: 45009, errmsg: 'reach max api daily quota limit' } })
  expect(await call(`/wechat/cgi-bin/getcallbackip?access_token=${token}`)).toHaveProperty('ip_list')
  expect(await call(`${ways[0][1]}&access_token=${token}`)).toMatchObject({ errcode: 45009 })
  expect(simulator.ledger.entries.at(-1)).toMatchObject({
    endpoint: 'ticket',
    code: 'fault',
    account: 'wechat:wxdec0de0000000001',
  })
})

test('the admin API returns the counts of tickets', async () => {
  await call(`${ways[0][1]}&access_token=${simulator.mint('wechat')}`)
  const { ledger } = simulatorAdmin(simulator.url)
  expect([await ledger.ticketRequests(), await ledger.ticketsIssued('wechat:wxdec0de0000000001')]).toEqual([1, 1])
})
