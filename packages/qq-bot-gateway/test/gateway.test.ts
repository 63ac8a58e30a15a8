import { journalOf, withGateways } from './gateway-world.js'

const group = 'GROUP_AT_MESSAGE_CREATE'
const message = { id: 'm1', group_openid: 'G1', content: ' hi', author: { member_openid: 'U1' } }

test('a gateway connects, identifies, and hands events out', () =>
  withGateways(async ({ simulator, clock, open }) => {
    const gateway = open()
    const journal = journalOf(gateway)
    const seen: unknown[] = []
    gateway.on('group_message', (event) => seen.push(event))
    await clock.runUntil(gateway.connect())
    expect(gateway.status()).toMatchObject({ state: 'live', shard: [0, 1], session: { seq: 1 } })
    const { id } = simulator.qqGateway.dispatch(group, message)
    await clock.settle()
    expect(seen).toEqual([
      { event: 'group_message', type: group, mentionsBot: true, data: message, eventId: id, seq: 2 },
    ])
    await clock.runUntil(gateway.close())
    expect(journal).toEqual(['connected', 'ready', 'disconnected:1000'])
    expect(simulator.qqGateway.connections).toEqual([])
    expect(simulator.ledger.tokenRequests()).toBe(1)
  }))
