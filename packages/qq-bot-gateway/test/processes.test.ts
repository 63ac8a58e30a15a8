import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileCache } from '@lingpai/cache-file'
import { startSimulator, type Simulator } from '@lingpai/testing'
import { gatewayKey } from '../src/gateway/gateway-key.js'

interface Told {
  readonly told: string
  readonly eventId?: string
  readonly code?: number | string
}

/** A bot in a process of its own. */
interface Bot {
  readonly process: ChildProcessByStdio<Writable, Readable, null>
  readonly lines: readonly Told[]
  /** Waits until it has told so much. */
  until(isThere: (lines: readonly Told[]) => boolean): Promise<void>
}

const event = 'C2C_MESSAGE_CREATE'

function startBot(simulator: Simulator, directory: string): Bot {
  const options = { url: simulator.url, directory, ...simulator.accounts.qq }
  const child = spawn(
    process.execPath,
    [
      '--conditions=@lingpai/source',
      '--import',
      'tsx',
      join(import.meta.dirname, 'children/bot.ts'),
      JSON.stringify(options),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const lines: Told[] = []
  const output = createInterface(child.stdout)
  output.on('line', (line) => lines.push(JSON.parse(line) as Told))
  return {
    process: child,
    lines,
    until: async (isThere) => {
      while (!isThere(lines)) await once(output, 'line')
    },
  }
}

async function withBots(
  use: (simulator: Simulator, start: () => Bot, directory: string) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-gateway-'))
  const simulator = await startSimulator()
  const bots: Bot[] = []
  try {
    await use(
      simulator,
      () => {
        const bot = startBot(simulator, directory)
        bots.push(bot)
        return bot
      },
      directory,
    )
  } finally {
    for (const { process: child } of bots) child.kill('SIGKILL')
    await simulator.close()
    await rm(directory, { recursive: true })
  }
}

/** Looks again and again for what another process does. */
async function seen(isThere: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isThere())) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** Whether a bot has written its session down. */
async function isKept(simulator: Simulator, directory: string): Promise<boolean> {
  const account = { host: `${new URL(simulator.url).host}/qq`, ids: { appId: simulator.accounts.qq.appId } }
  const text = await fileCache({ directory }).get(gatewayKey(account, '0-1'))
  return text !== undefined
}

const told = (bot: Bot, what: string): number => bot.lines.filter((line) => line.told === what).length
const eventsOf = (bot: Bot): unknown[] => bot.lines.flatMap(({ eventId }) => eventId ?? [])

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
