import { qqBotCloseRules, type QQBotCloseAction } from '../src/index.js'
import { closeRuleOf } from '../src/gateway/close-codes.js'
import { journalOf, withGateways } from './gateway-world.js'

/** The documented close codes, written independently of the source, so that a slip in its table fails a test. */
const expected: readonly (readonly [code: number, action: QQBotCloseAction])[] = [
  ...[4008, 4009].map((code) => [code, 'resume'] as const),
  ...[4006, 4007].map((code) => [code, 'identify'] as const),
  ...Array.from({ length: 14 }, (_, index) => [4900 + index, 'identify'] as const),
  [4004, 'refresh-token'],
  ...[4001, 4002, 4010, 4011, 4012, 4013, 4014, 4914, 4915].map((code) => [code, 'fatal'] as const),
  // Codes of WebSocket itself, and codes that the platform may add.
  ...[1000, 1001, 1011, 1012, 3000, 4000, 4003, 4005, 4100, 4916].map((code) => [code, 'resume'] as const),
]

test('the table of close codes lists every code once', () => {
  const listed = qqBotCloseRules.flatMap(({ code, to = code }) =>
    Array.from({ length: to - code + 1 }, (_, at) => code + at),
  )
  expect(new Set(listed).size).toBe(listed.length)
  expect(expected.map(([code]) => [code, closeRuleOf(code).action])).toEqual(expected)
  expect(listed.filter((code) => !expected.some(([known]) => known === code))).toEqual([])
})

const follows: Readonly<Record<QQBotCloseAction, readonly string[]>> = {
  resume: ['reconnecting:resume', 'connected', 'resumed:0'],
  identify: ['reconnecting:identify', 'connected', 'ready'],
  'refresh-token': ['reconnecting:identify', 'connected', 'ready'],
  fatal: ['error:PLATFORM'],
}

test.each(expected)('close code %i on a live connection leads to: %s', (code, action) =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    const journal = journalOf(gateway)
    if (action === 'refresh-token') simulator.revoke('qq')
    expect(simulator.qqGateway.disturb({ close: code })).toBe(1)
    await clock.advance(20_000)
    expect(journal).toEqual([`disconnected:${code}`, ...follows[action]])
    expect(gateway.status().state).toBe(action === 'fatal' ? 'failed' : 'live')
    expect(simulator.ledger.tokenRequests()).toBe(action === 'refresh-token' ? 2 : 1)
    expect(simulator.ledger.deadPresented()).toBe(0)
  }),
)

test.each(expected.filter(([, action]) => action === 'fatal'))(
  'close code %i on the first connection rejects connect() with a typed error and without another attempt',
  (code) =>
    withGateways(async ({ simulator, clock, open }) => {
      simulator.qqGateway.disturb({ at: 'identify', close: code, times: Infinity })
      const gateway = open()
      const events = gateway.events()
      const next = events.next().catch((error: unknown) => error)
      const failure: unknown = await clock.runUntil(gateway.connect().catch((error: unknown) => error))
      expect(failure).toMatchObject({ code: 'ERR_LINGPAI_PLATFORM', details: { platformCode: code } })
      await clock.advance(3_600_000)
      expect(simulator.qqGateway.ledger.counts.connects).toBe(1)
      expect(gateway.status()).toMatchObject({ state: 'failed', error: failure })
      expect(await next).toBe(failure)
      await expect(gateway.connect()).rejects.toBe(failure)
    }),
)

test('the error of an intent that was not granted says what to do', () =>
  withGateways(async ({ simulator, clock, open }) => {
    simulator.qqGateway.change({ grantedIntents: 1 << 30 })
    const failure: unknown = await clock.runUntil(
      open()
        .connect()
        .catch((error: unknown) => error),
    )
    expect(failure).toMatchObject({
      message: 'qq-bot: gateway: closed for good: an intent that was not granted (4014)',
      hint: expect.stringMatching(/permission/),
      details: { errorClass: 'permission' },
    })
  }))
