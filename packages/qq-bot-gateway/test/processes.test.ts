import { once } from 'node:events'
import { eventsOf, isStored, seen, told, withBots } from './bot-process.js'

const event = 'C2C_MESSAGE_CREATE'

test('a process that was suspended until the platform closed its connection resumes without losing an event', () =>
  withBots(async (simulator, start) => {
    simulator.qqGateway.change({ heartbeatMs: 400 })
    const bot = start()
    await bot.until(() => told(bot, 'ready') === 1)
    bot.process.kill('SIGSTOP')
    const { ledger } = simulator.qqGateway
    await seen(() => ledger.entries.some(({ kind, code }) => kind === 'close' && code === 4009))
    const sent = [1, 2, 3].map((content) => simulator.qqGateway.dispatch(event, { id: `m${content}` }).id)
    bot.process.kill('SIGCONT')
    await bot.until(() => eventsOf(bot).length === 3)
    await bot.until(() => told(bot, 'resumed') > 0)
    expect(eventsOf(bot)).toEqual(sent)
    expect(simulator.qqGateway.ledger.counts.identifies).toBe(1)
    expect(simulator.ledger.tokenRequests()).toBe(1)
  }))

test('a successor resumes the session of a killed process', () =>
  withBots(async (simulator, start, directory) => {
    const first = start()
    await first.until(() => told(first, 'ready') === 1)
    const before = simulator.qqGateway.dispatch(event, { id: 'm1' })
    await first.until(() => eventsOf(first).length === 1)
    await seen(() => isStored(simulator, directory))
    first.process.kill('SIGKILL')
    await seen(() => simulator.qqGateway.connections.length === 0)
    const missed = simulator.qqGateway.dispatch(event, { id: 'm2' })
    const second = start()
    await second.until(() => told(second, 'resumed') === 1)
    expect(simulator.qqGateway.ledger.counts).toMatchObject({ identifies: 1, resumes: 1 })
    expect(eventsOf(second).at(-1)).toBe(missed.id)
    // A killed process may not have stored the last second.
    expect([[missed.id], [before.id, missed.id]]).toContainEqual(eventsOf(second))
    expect(simulator.ledger.tokenRequests()).toBe(1)
  }))

test('a process exits after its gateway is closed', () =>
  withBots(async (simulator, start) => {
    const bot = start()
    await bot.until(() => told(bot, 'ready') === 1)
    const exit = once(bot.process, 'exit')
    bot.process.stdin.write('end\n')
    expect(await exit).toEqual([0, null])
    expect(simulator.qqGateway.connections).toEqual([])
  }))
