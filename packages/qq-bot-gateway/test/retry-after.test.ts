import { caught, withSender } from './sending-world.js'
import { withGateways } from './gateway-world.js'

const group = { kind: 'group', id: 'GROUP' } as const
const tooFast = (retryAfter: string) =>
  ({ platform: 'qq', endpoint: 'api', status: 429, body: '', headers: { 'retry-after': retryAfter } }) as const

test.each([
  ['7', 7000],
  ['0', 1000],
  ['soon', 1000],
])('a rate-limited message with Retry-After: %s is sent again after %i ms', (retryAfter, waitMs) =>
  withSender(async ({ simulator, sender, clock, posts }) => {
    await clock.runUntil(sender.send(group, { content: 'first', msg_id: 'M' }))
    simulator.fault(tooFast(retryAfter))
    const startMs = clock.now()
    await clock.runUntil(sender.send(group, { content: 'second', msg_id: 'M' }))
    expect(clock.now() - startMs).toBe(waitMs)
    expect(posts()).toHaveLength(3)
  }),
)

test('a Retry-After beyond maxWaitMs rejects at once, with a retry time of at most a day', () =>
  withSender(async ({ simulator, sender, clock, posts }) => {
    for (const [retryAfter, waitMs] of [
      ['600', 600_000],
      ['99999999999999999999', 86_400_000],
      ['Fri, 01 Jan 2999 00:00:00 GMT', 86_400_000],
    ] as const) {
      simulator.fault(tooFast(retryAfter))
      const startMs = clock.now()
      expect(await clock.runUntil(caught(sender.send(group, 'a')))).toMatchObject({
        details: { errorClass: 'rate-limited' },
        retryAtMs: startMs + waitMs,
      })
      expect(clock.now()).toBe(startMs)
    }
    expect(posts()).toHaveLength(3)
  }))

test.each([429, 503])('a gateway waits for the Retry-After of an HTTP %i from /gateway/bot', (status) =>
  withGateways(async ({ simulator, clock, open }) => {
    simulator.fault({ platform: 'qq', endpoint: '/gateway/bot', status, body: '', headers: { 'retry-after': '90' } })
    const startMs = clock.now()
    await clock.runUntil(open().connect())
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(90_000)
  }),
)
