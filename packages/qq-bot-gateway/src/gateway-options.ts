import { ConfigError, type Clock, type IAccessTokenCache, type Logger, type TokenSource } from '@lingpai/core'
import type { GatewaySocketClass } from './gateway/gateway-socket.js'
import { intentBits, type IntentName } from './gateway/intents.js'
import type { BackoffOptions } from './gateway/next-move.js'
import type { QQBotSenderOptions } from './sending/qq-bot-sender.js'

/** How a gateway is made. */
export interface QQBotGatewayOptions {
  /** The bot's tokens: `manager.source(qqBot, credentials)`, or any other source of them. */
  readonly source: TokenSource
  /** Which events to ask for: names, or a sum of `Intents`. */
  readonly intents: readonly IntentName[] | number
  /** This connection's share of the guilds. @default [0, 1], all of them */
  readonly shard?: readonly [index: number, count: number]
  /**
   * Where the session is kept, so that a restarted process resumes it, and where session starts are counted for all processes. A
   * cache with a lease lets one process at a time own a session. @default none: sessions end with the process
   */
  readonly sessionCache?: IAccessTokenCache
  /**
   * When the stored session is past an event. `received`: when it was handed out, so that a process that dies does not get the event
   * again that its listeners were at. `handled`: when all listeners and loops are done with it, so that a successor does; events are
   * then handed out at least once. Needs a `sessionCache`. @default 'received'
   */
  readonly acknowledge?: 'received' | 'handled'
  /** `properties` of Identify; the platform does nothing with them. @default {} */
  readonly properties?: Readonly<Record<string, string>>
  /** How soon a connection is tried again. */
  readonly backoff?: BackoffOptions
  /** From a heartbeat to its ack, milliseconds. @default 10_000 */
  readonly ackTimeoutMs?: number
  /** From connecting to Hello, and from Identify or Resume to its answer, milliseconds. @default 20_000 */
  readonly answerTimeoutMs?: number
  /** A longer message closes the connection. @default 1_048_576 */
  readonly maxPayloadBytes?: number
  /** Ids of events that are remembered, at least, so that none is handed out twice. @default 5000 */
  readonly rememberedEvents?: number
  /** How the bot's messages are sent: `source`, `clock` and the rest come from here. */
  readonly sending?: Omit<QQBotSenderOptions, 'source' | 'clock'>
  /** @default the class of `ws` */
  readonly WebSocket?: GatewaySocketClass
  /** Events without their contents. @default silent */
  readonly logger?: Logger
  /** @default systemClock of core */
  readonly clock?: Clock
  /** From 0 up to 1. @default Math.random */
  readonly random?: () => number
}

/** @throws ConfigError naming the option that cannot be. */
export function assertGatewayOptions(options: QQBotGatewayOptions): void {
  // From JavaScript anything may come.
  const { source, shard } = options as { readonly source?: Partial<TokenSource>; readonly shard?: unknown }
  if (typeof source?.getRecord !== 'function') {
    throw new ConfigError(
      'qq gateway: source is to be a TokenSource',
      { field: 'source', problem: source === undefined ? 'missing' : 'malformed' },
      { hint: 'Give manager.source(qqBot, credentials).' },
    )
  }
  intentBits(options.intents)
  if (shard !== undefined && !isShard(shard)) throw malformed('shard', '[index, count] with the index below the count')
  assertAcknowledge(options)
  const { firstMs, longestMs, stableMs } = options.backoff ?? {}
  const { ackTimeoutMs, answerTimeoutMs, maxPayloadBytes, rememberedEvents } = options
  const numbers = { firstMs, longestMs, stableMs, ackTimeoutMs, answerTimeoutMs, maxPayloadBytes, rememberedEvents }
  for (const [field, value] of Object.entries(numbers)) {
    if (value !== undefined && !(Number.isFinite(value) && value > 0)) throw malformed(field, 'a number above 0')
  }
}

function assertAcknowledge({ acknowledge, sessionCache }: QQBotGatewayOptions): void {
  // From JavaScript anything may come.
  if (!['received', 'handled', undefined].includes(acknowledge))
    throw malformed('acknowledge', "'received' or 'handled'")
  if (acknowledge !== 'handled' || sessionCache !== undefined) return
  throw new ConfigError(
    'qq gateway: "acknowledge" cannot be \'handled\' without a sessionCache',
    { field: 'sessionCache', problem: 'missing' },
    { hint: 'Give a sessionCache: a successor learns from it where to go on.' },
  )
}

function isShard(shard: unknown): boolean {
  if (!Array.isArray(shard) || shard.length !== 2) return false
  const [index, count] = shard as readonly unknown[]
  return (
    Number.isSafeInteger(index) && Number.isSafeInteger(count) && Number(index) >= 0 && Number(index) < Number(count)
  )
}

function malformed(field: string, wanted: string): ConfigError {
  return new ConfigError(`qq gateway: ${field} is to be ${wanted}`, { field, problem: 'malformed' })
}
