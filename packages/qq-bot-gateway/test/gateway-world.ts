import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type TokenSource } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'
import { testClock, type TestClock } from '@lingpai/testing'
import { startSimulator, type Simulator, type SimulatorOptions } from '@lingpai/testing/simulator'
import { QQBotGateway, type QQBotGatewayOptions } from '../src/index.js'

/** A platform, a clock that stands still, and a bot's token source. */
export interface GatewayWorld {
  readonly simulator: Simulator
  readonly clock: TestClock
  readonly manager: TokenManager
  readonly source: TokenSource
  /** Creates a gateway in this world; it is closed with the world. */
  open(options?: Partial<QQBotGatewayOptions>): QQBotGateway
  /** Creates a connected gateway. */
  connected(options?: Partial<QQBotGatewayOptions>): Promise<QQBotGateway>
}

/** Numbers from 0 up to 1, repeatable by their seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Runs `use` with a new world. */
export async function withGateways(
  use: (world: GatewayWorld) => Promise<void>,
  options: SimulatorOptions = {},
): Promise<void> {
  const clock = testClock()
  const simulator = await startSimulator({ clock, ...options })
  const manager = new TokenManager({ cache: memoryCache({ clock }), clock })
  const source = manager.source(simulator.provider(qqBot), simulator.accounts.qq)
  const opened: QQBotGateway[] = []
  const open: GatewayWorld['open'] = (given) => {
    const gateway = new QQBotGateway({ source, intents: ['GROUP_AND_C2C_EVENT'], clock, random: seeded(1), ...given })
    opened.push(gateway)
    return gateway
  }
  const connected: GatewayWorld['connected'] = async (given) => {
    const gateway = open(given)
    await clock.runUntil(gateway.connect())
    return gateway
  }
  try {
    await use({ simulator, clock, manager, source, open, connected })
  } finally {
    await clock.runUntil(Promise.all(opened.map((gateway) => gateway.close())))
    await manager.close()
    await simulator.close()
  }
}

/** The events of a gateway in order, as `name` or `name:detail`. */
export function journalOf(gateway: QQBotGateway): string[] {
  const journal: string[] = []
  const note = (line: string): void => void journal.push(line)
  gateway.on('connected', () => note('connected'))
  gateway.on('disconnected', ({ code }) => note(`disconnected:${code}`))
  gateway.on('reconnecting', ({ willResume }) => note(`reconnecting:${willResume ? 'resume' : 'identify'}`))
  gateway.on('waiting', () => note('waiting'))
  gateway.on('error', ({ code }) => note(`error:${code.replace('ERR_LINGPAI_', '')}`))
  gateway.on('ready', () => note('ready'))
  gateway.on('resumed', ({ replayed }) => note(`resumed:${replayed}`))
  return journal
}
