import type { GatewayDisturbance } from '@lingpai/testing/simulator'
import { seeded, withGateways } from './gateway-world.js'

const drops = 200
const dayMs = 86_400_000
const minuteMs = 60_000

/** Every way in which a connection can end, with and without a session that can be resumed. */
const kinds: readonly (GatewayDisturbance & { readonly revokes?: boolean; readonly forgets?: boolean })[] = [
  { drop: 'reset' },
  { drop: 'end' },
  { freeze: true },
  { missAcks: 1 },
  { reconnect: true },
  { invalidSession: 'resumable' },
  { invalidSession: 'final' },
  { close: 4008 },
  { close: 4009 },
  { close: 1001 },
  { close: 1012 },
  { close: 4900 },
  { close: 4006 },
  { close: 4004, revokes: true },
  { drop: 'reset', forgets: true },
  { raw: '{"op":0,', close: 4009 },
]

test('200 drops of every kind in a day lose or repeat no event, stay within the start limit and use one token per life', () =>
  withGateways(async ({ simulator, clock, open }) => {
    const gateway = open({ random: seeded(7) })
    const seen: string[] = []
    gateway.on('dispatch', ({ eventId }) => void seen.push(eventId ?? ''))
    await clock.runUntil(gateway.connect())
    simulator.qqGateway.change({ replayOverlap: 3 })
    const random = seeded(42)
    const sent: string[] = []
    const say = (count: number): void => {
      for (let event = 0; event < count; event += 1) {
        const { id, sessions } = simulator.qqGateway.dispatch('C2C_MESSAGE_CREATE', { id: `m${sent.length}` })
        // Without a session the platform does not promise to deliver the event.
        if (sessions.length > 0) sent.push(id)
      }
    }
    for (let drop = 0; drop < drops; drop += 1) {
      const { revokes = false, forgets = false, ...spec } = kinds[drop % kinds.length]!
      await clock.advance((dayMs / drops) * random())
      say(3)
      await clock.settle()
      if (revokes) simulator.revoke('qq')
      if (forgets) simulator.qqGateway.forgetSessions()
      expect(simulator.qqGateway.disturb(spec)).toBeGreaterThan(0)
      say(2)
      await clock.advance(minuteMs * random())
      say(2)
      while (gateway.status().state !== 'live') await clock.advance(minuteMs)
    }
    await clock.advance(5 * minuteMs)
    expect(seen.filter((id, at) => seen.indexOf(id) !== at)).toEqual([])
    expect(sent.filter((id) => !seen.includes(id))).toEqual([])
    expect(seen).toEqual(sent)
    expect(sent.length).toBeGreaterThan(5 * drops)
    const { overLimit, sessions, resumed } = simulator.qqGateway.ledger.counts
    expect({ overLimit, resumes: resumed > drops / 2, starts: sessions < drops / 2 }).toEqual({
      overLimit: 0,
      resumes: true,
      starts: true,
    })
    expect(simulator.ledger.tokenRequests()).toBe(simulator.ledger.tokensIssued())
    expect(simulator.ledger.deadPresented({ kind: 'expired' })).toBe(0)
  }))
