import { once } from 'node:events'
import { eventsOf, isKept, seen, told, withBots } from './bot-process.js'

const event = 'C2C_MESSAGE_CREATE'

test('a process that was suspended until the platform gave it up resumes when it wakes, and misses nothing', () =>
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

test('a process that was killed is followed by one that resumes its session', () =>
  withBots(async (simulator, start, directory) => {
    const first = start()
    await first.until(() => told(first, 'ready') === 1)
    const before = simulator.qqGateway.dispatch(event, { id: 'm1' })
    await first.until(() => eventsOf(first).length === 1)
    await seen(() => isKept(simulator, directory))
    first.process.kill('SIGKILL')
    await seen(() => simulator.qqGateway.connections.length === 0)
    const missed = simulator.qqGateway.dispatch(event, { id: 'm2' })
    const second = start()
    await second.until(() => told(second, 'resumed') === 1)
    expect(simulator.qqGateway.ledger.counts).toMatchObject({ identifies: 1, resumes: 1 })
    expect(eventsOf(second).at(-1)).toBe(missed.id)
    // A killed process may not have written the last second down.
    expect([[missed.id], [before.id, missed.id]]).toContainEqual(eventsOf(second))
    expect(simulator.ledger.tokenRequests()).toBe(1)
  }))

test('a process whose gateway is closed ends by itself', () =>
  withBots(async (simulator, start) => {
    const bot = start()
    await bot.until(() => told(bot, 'ready') === 1)
    const exit = once(bot.process, 'exit')
    bot.process.stdin.write('end\n')
    expect(await exit).toEqual([0, null])
    expect(simulator.qqGateway.connections).toEqual([])
  }))
