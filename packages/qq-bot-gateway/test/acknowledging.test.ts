import { memoryCache } from '@lingpai/cache-memory'
import type { QQBotGatewayOptions } from '../src/index.js'
import { eventsOf, isStored, seen, told, withBots } from './bot-process.js'
import { withGateways, type GatewayWorld } from './gateway-world.js'

const event = 'C2C_MESSAGE_CREATE'

/** Jobs that finish when the test says so, in order of arrival. */
function works() {
  const ends: (() => void)[] = []
  const begin = (): Promise<void> => new Promise((resolve) => void ends.push(resolve))
  return { ends, begin }
}

/** Ids of the events that a bot's successor receives again if the bot is killed now. */
async function afterwards({ clock, connected }: GatewayWorld, options: Partial<QQBotGatewayOptions>) {
  await clock.advance(1000)
  const heir = await connected(options)
  return { heir, seq: heir.status().session?.seq }
}

test('the stored session moves past an event when its listeners have finished, in any order', () =>
  withGateways(async (world) => {
    const { simulator, clock, connected } = world
    const sessionCache = memoryCache({ clock })
    const stored = async (): Promise<unknown> => {
      await clock.advance(1000)
      const key = [...keys][0] ?? ''
      return (JSON.parse(sessionCache.get(key) ?? '{}') as { readonly seq?: number }).seq
    }
    const keys = new Set<string>()
    const noting = {
      ...sessionCache,
      set: (key: string, value: string) => (keys.add(key), sessionCache.set(key, value)),
    }
    const gateway = await connected({ sessionCache: noting, acknowledge: 'handled' })
    const { ends, begin } = works()
    gateway.on('dispatch', begin)
    for (const id of ['m1', 'm2', 'm3']) simulator.qqGateway.dispatch(event, { id })
    await clock.settle()
    expect(gateway.status().session?.seq).toBe(4)
    expect(await stored()).toBe(1)
    ends[1]?.()
    expect(await stored()).toBe(1)
    ends[0]?.()
    expect(await stored()).toBe(3)
    ends[2]?.()
    expect(await stored()).toBe(4)
  }))

test('a bot that stops while a listener works leaves that event and the later ones to its successor', () =>
  withGateways(async (world) => {
    const { simulator, clock, connected } = world
    const options = { sessionCache: memoryCache({ clock }), acknowledge: 'handled' } as const
    const first = await connected(options)
    first.on('c2c_message', ({ data }) => (data.id === 'm2' ? new Promise(() => undefined) : undefined))
    const sent = ['m1', 'm2', 'm3'].map((id) => simulator.qqGateway.dispatch(event, { id }).id)
    await clock.settle()
    await clock.runUntil(first.close())
    const second = world.open(options)
    const heard: unknown[] = []
    second.on('dispatch', ({ eventId }) => heard.push(eventId))
    await clock.runUntil(second.connect())
    expect(heard).toEqual(sent.slice(1))
  }))

test('a loop has handled an event when it asks for the next one; a listener that fails counts as finished', () =>
  withGateways(async (world) => {
    const { simulator, clock, connected } = world
    const options = { sessionCache: memoryCache({ clock }), acknowledge: 'handled' } as const
    const first = await connected(options)
    first.on('dispatch', () => Promise.reject(new RangeError('failed')))
    const events = first.events()
    const sent = ['m1', 'm2', 'm3'].map((id) => simulator.qqGateway.dispatch(event, { id }).id)
    await clock.settle()
    await events.next()
    await events.next()
    await clock.settle()
    await clock.runUntil(first.close())
    const second = world.open(options)
    const heard: unknown[] = []
    second.on('dispatch', ({ eventId }) => heard.push(eventId))
    await clock.runUntil(second.connect())
    expect(heard).toEqual(sent.slice(1))
  }))

test('a loop that exits does not hold events back', () =>
  withGateways(async (world) => {
    const { simulator, clock, connected } = world
    const options = { sessionCache: memoryCache({ clock }), acknowledge: 'handled' } as const
    const first = await connected(options)
    const events = first.events()
    for (const id of ['m1', 'm2', 'm3']) simulator.qqGateway.dispatch(event, { id })
    await clock.settle()
    await events.next()
    await events.return?.()
    await clock.runUntil(first.close())
    const { seq } = await afterwards(world, options)
    expect(seq).toBe(4)
  }))

test('events in progress are not handed out again after the connection is lost', () =>
  withGateways(async ({ simulator, clock, connected }) => {
    const gateway = await connected({ sessionCache: memoryCache({ clock }), acknowledge: 'handled' })
    const heard: unknown[] = []
    gateway.on('dispatch', ({ eventId }) => {
      heard.push(eventId)
      return new Promise(() => undefined)
    })
    const { id } = simulator.qqGateway.dispatch(event, { id: 'm1' })
    await clock.settle()
    simulator.qqGateway.disturb({ drop: 'reset' })
    await clock.advance(20_000)
    expect([gateway.status().state, heard]).toEqual(['live', [id]])
  }))

test('an event that a killed process was handling is handed to its successor', () =>
  withBots(async (simulator, start, directory) => {
    const first = start({ acknowledge: 'handled', work: 'hangs' })
    await first.until(() => told(first, 'ready') === 1)
    const easy = simulator.qqGateway.dispatch(event, { id: 'm1' })
    const hard = simulator.qqGateway.dispatch(event, { id: 'm2', content: 'hard work' })
    const after = simulator.qqGateway.dispatch(event, { id: 'm3' })
    await first.until(() => eventsOf(first).length === 3)
    await seen(() => isStored(simulator, directory))
    first.process.kill('SIGKILL')
    await seen(() => simulator.qqGateway.connections.length === 0)
    const second = start({ acknowledge: 'handled' })
    await second.until(() => told(second, 'resumed') === 1)
    const again = eventsOf(second)
    // The first event may be replayed too, if no session was written after it.
    expect([
      [hard.id, after.id],
      [easy.id, hard.id, after.id],
    ]).toContainEqual(again)
  }))

test.each([
  ['acknowledge', { acknowledge: 'later' as never }, 'malformed'],
  ['sessionCache', { acknowledge: 'handled' as const }, 'missing'],
])('an invalid acknowledge option is rejected with an error that names %s', (field, options, problem) =>
  withGateways(async ({ open }) => {
    let thrown: unknown
    try {
      open(options)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field, problem } })
  }),
)
