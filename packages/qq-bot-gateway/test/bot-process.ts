import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileCache } from '@lingpai/cache-file'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { bundled } from '../../testing/test/support/bundle.js'
import { gatewayKey } from '../src/gateway/gateway-key.js'

/** A line of a bot's output. */
export interface Told {
  readonly told: string
  readonly eventId?: string
  readonly code?: number | string
}

/** A bot in its own process. */
export interface Bot {
  readonly process: ChildProcessByStdio<Writable, Readable, null>
  readonly lines: readonly Told[]
  /** Waits until the output fulfils a condition. */
  until(isThere: (lines: readonly Told[]) => boolean): Promise<void>
}

/** Variations of a test bot. */
export interface BotOptions {
  readonly shard?: string
  readonly acknowledge?: 'received' | 'handled'
  /** Whether its handler of `hard work` hangs. */
  readonly work?: 'hangs' | 'ends'
}

const compiled = bundled(new URL('children/bot.ts', import.meta.url))
let program = ''
beforeAll(async () => {
  program = await compiled
})

function startBot(simulator: Simulator, directory: string, given: BotOptions): Bot {
  const options = { url: simulator.url, directory, shard: '0/1', ...given, ...simulator.accounts.qq }
  const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] })
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

/** Runs a simulator and bots that share a directory. */
export async function withBots(
  use: (simulator: Simulator, start: (options?: BotOptions) => Bot, directory: string) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-gateway-'))
  const simulator = await startSimulator()
  const bots: Bot[] = []
  try {
    await use(
      simulator,
      (options = {}) => {
        const bot = startBot(simulator, directory, options)
        bots.push(bot)
        return bot
      },
      directory,
    )
  } finally {
    for (const { process: child } of bots) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    }
    await simulator.close()
    await rm(directory, { recursive: true })
  }
}

/** Polls until another process has done something. */
export async function seen(isThere: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isThere())) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** Whether a bot has stored its session. */
export async function isStored(simulator: Simulator, directory: string): Promise<boolean> {
  const account = { host: `${new URL(simulator.url).host}/qq`, ids: { appId: simulator.accounts.qq.appId } }
  const text = await fileCache({ directory }).get(gatewayKey(account, '0-1'))
  return text !== undefined
}

/** Number of lines of one kind. */
export const told = (bot: Bot, what: string): number => bot.lines.filter((line) => line.told === what).length
/** Ids of the events that a bot received. */
export const eventsOf = (bot: Bot): unknown[] => bot.lines.flatMap(({ eventId }) => eventId ?? [])
