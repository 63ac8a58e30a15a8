import type { Logger } from '@lingpai/core'
import { toDispatch } from '../src/events/qq-bot-dispatch.js'
import { recentIds } from '../src/events/recent-ids.js'
import type { QQBotGatewayEventName } from '../src/index.js'
import { withGateways } from './gateway-world.js'

const all = { id: 'm', group_openid: 'G', guild_id: '1', channel_id: '2', audit_id: 'a', openid: 'U' }

test.each([
  ['GROUP_AT_MESSAGE_CREATE', 'group_message'],
  ['C2C_MESSAGE_CREATE', 'c2c_message'],
  ['AT_MESSAGE_CREATE', 'guild_message'],
  ['MESSAGE_CREATE', 'guild_message'],
  ['DIRECT_MESSAGE_CREATE', 'direct_message'],
  ['INTERACTION_CREATE', 'interaction'],
  ['MESSAGE_AUDIT_PASS', 'audit'],
  ['MESSAGE_AUDIT_REJECT', 'audit'],
  ['GROUP_ADD_ROBOT', 'group_add_robot'],
  ['GROUP_MSG_RECEIVE', 'group_msg_receive'],
  ['FRIEND_ADD', 'friend_add'],
  ['C2C_MSG_RECEIVE', 'c2c_msg_receive'],
] as const)('%s is emitted as %s, dispatch and raw_dispatch', (type, event) =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected({ intents: 2 ** 9 + 2 ** 12 + 2 ** 25 + 2 ** 26 + 2 ** 27 + 2 ** 30 })
    const heard: unknown[] = []
    for (const name of [event, 'dispatch', 'raw_dispatch', 'raw'] as const satisfies readonly QQBotGatewayEventName[]) {
      gateway.on(name, (told) => heard.push([name, told]))
    }
    const { id } = simulator.qqGateway.dispatch(type, all)
    await clock.settle()
    const payload = { op: 0, t: type, d: all, id, s: 2 }
    const mention = event === 'group_message' && { mentionsBot: true }
    const dispatch = { event, type, ...mention, data: all, eventId: id, seq: 2 }
    expect(heard).toEqual([
      ['raw', payload],
      ['raw_dispatch', payload],
      ['dispatch', dispatch],
      [event, dispatch],
    ])
  }),
)

test('an event of an unknown type, or without a required member, is emitted as dispatch only', () => {
  expect(toDispatch({ op: 0, t: 'GUILD_CREATE', d: {} })).toEqual({ event: 'other', type: 'GUILD_CREATE', data: {} })
  for (const d of [undefined, null, 'text', [], { id: 'm' }, { id: 1, group_openid: 'G' }]) {
    expect(toDispatch({ op: 0, t: 'GROUP_AT_MESSAGE_CREATE', d }).event).toBe('other')
  }
})

test('an event repeated under another sequence number is handed out once', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    const seen: unknown[] = []
    gateway.on('dispatch', ({ eventId, seq }) => seen.push([eventId, seq]))
    const { id } = simulator.qqGateway.dispatch('C2C_MESSAGE_CREATE')
    simulator.qqGateway.dispatch('C2C_MESSAGE_CREATE', {}, { id })
    simulator.qqGateway.disturb({ invalidSession: 'final' })
    await clock.advance(20_000)
    simulator.qqGateway.dispatch('C2C_MESSAGE_CREATE', {}, { id })
    await clock.settle()
    expect(seen).toEqual([[id, 2]])
  }))

test('the memory of ids is bounded and holds at least the requested number', () => {
  const recent = recentIds(3)
  expect(['a', 'b', 'c', 'd'].map((id) => recent.add(id))).toEqual([true, true, true, true])
  expect(['b', 'c', 'd'].map((id) => recent.add(id))).toEqual([false, false, false])
  for (const id of ['e', 'f', 'g', 'h', 'i']) recent.add(id)
  expect(recent.add('a')).toBe(true)
})

test('a listener that throws or rejects does not affect others and is logged', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const told: string[] = []
    const ignore = (): void => undefined
    const logger: Logger = {
      debug: ignore,
      info: ignore,
      warn: ignore,
      error: (message) => {
        told.push(message)
        throw new Error('the logger throws as well')
      },
    }
    const gateway = await connected({ logger })
    const seen: unknown[] = []
    gateway.on('dispatch', () => {
      throw new Error('thrown')
    })
    gateway.on('dispatch', async () => {
      throw new Error('rejected')
    })
    gateway.on('dispatch', ({ seq }) => seen.push(seq))
    simulator.qqGateway.dispatch('C2C_MESSAGE_CREATE')
    simulator.qqGateway.dispatch('C2C_MESSAGE_CREATE')
    await clock.settle()
    expect(seen).toEqual([2, 3])
    expect(told).toEqual(Array.from({ length: 4 }, () => 'lingpai: qq gateway: a listener of dispatch threw'))
  }))

test('a removed listener receives nothing; a second registration of the same function still does', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    let heard = 0
    const listener = (): void => void (heard += 1)
    const end = gateway.on('dispatch', listener)
    gateway.on('dispatch', listener)
    end()
    end()
    simulator.qqGateway.dispatch('C2C_MESSAGE_CREATE')
    await clock.settle()
    expect(heard).toBe(1)
  }))

test('a loop receives events from its creation on, in order, and ends with the gateway', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    simulator.qqGateway.dispatch('C2C_MESSAGE_CREATE')
    await clock.settle()
    const events = gateway.events()
    const waiting = events.next()
    for (let event = 0; event < 5; event += 1) simulator.qqGateway.dispatch('C2C_MESSAGE_CREATE')
    await clock.settle()
    expect((await waiting).value).toMatchObject({ seq: 3 })
    const other = gateway[Symbol.asyncIterator]()
    await clock.runUntil(gateway.close())
    const seen: unknown[] = []
    for await (const { seq } of events) seen.push(seq)
    expect(seen).toEqual([4, 5, 6, 7])
    expect(await other.next()).toEqual({ done: true, value: undefined })
    expect(await gateway.events().next()).toEqual({ done: true, value: undefined })
  }))

test('a loop that exits does not hold events back', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    const events = gateway.events({ maxQueued: 2 })
    const first = (async () => {
      for await (const { seq } of events) return seq
    })()
    simulator.qqGateway.dispatch('C2C_MESSAGE_CREATE')
    await clock.settle()
    expect(await first).toBe(2)
    for (let event = 0; event < 9; event += 1) simulator.qqGateway.dispatch('C2C_MESSAGE_CREATE')
    await clock.settle()
    expect(await events.next()).toEqual({ done: true, value: undefined })
  }))

test('a loop that is too slow ends with an error after its queued events instead of dropping events silently', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected()
    const events = gateway.events({ maxQueued: 2 })
    for (let event = 0; event < 4; event += 1) simulator.qqGateway.dispatch('C2C_MESSAGE_CREATE')
    await clock.settle()
    expect([(await events.next()).value?.seq, (await events.next()).value?.seq]).toEqual([2, 3])
    await expect(events.next()).rejects.toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field: 'maxQueued' } })
    expect(await events.next()).toEqual({ done: true, value: undefined })
    expect(gateway.status().state).toBe('live')
  }))
