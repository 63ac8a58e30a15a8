import { ConfigError, type Clock, type IAccessTokenCache, type Logger, type TokenSource } from '@lingpai/core'
import type { QQBotGatewaySocketClass } from './gateway/gateway-socket.js'
import { intentBits, type QQBotIntentName } from './gateway/intents.js'
import type { QQBotGatewayBackoff } from './gateway/next-move.js'
import type { QQBotSenderOptions } from './sending/qq-bot-sender.js'

/** Options of `QQBotGateway`. */
export interface QQBotGatewayOptions {
  /** The bot's token source: `manager.source(qqBot, credentials)`, or any other `TokenSource`. */
  readonly source: TokenSource
  /** Events to subscribe to: names, or a sum of `QQBotIntents`. */
  readonly intents: readonly QQBotIntentName[] | number
  /** Share of the guilds that this connection handles. @default [0, 1], all of them */
  readonly shard?: readonly [index: number, count: number]
  /**
   * Stores the session, so that a restarted process resumes it, and counts session starts across processes. With a cache that has a
   * lease, one process at a time owns the session. @default none: the session ends with the process
   */
  readonly sessionCache?: IAccessTokenCache
  /**
   * When the stored session moves past an event. `received`: when the event is handed out, so a process that crashes does not get it
   * again. `handled`: when all listeners and loops have finished with it, so its successor does get it again; events are then handed
   * out at least once. `handled` requires a `sessionCache`. @default 'received'
   */
  readonly acknowledge?: 'received' | 'handled'
  /** `properties` of Identify; the platform ignores them. @default {} */
  readonly properties?: Readonly<Record<string, string>>
  /** Delays between reconnects. */
  readonly backoff?: QQBotGatewayBackoff
  /** Maximum time from a heartbeat to its ack, in milliseconds. @default 10_000 */
  readonly ackTimeoutMs?: number
  /** Maximum time from connecting to Hello, and from Identify or Resume to the response, in milliseconds. @default 20_000 */
  readonly responseTimeoutMs?: number
  /** Maximum length of a message; a longer one closes the connection. @default 1_048_576 */
  readonly maxPayloadBytes?: number
  /** Minimum number of event ids to remember, so that no event is handed out twice. @default 5000 */
  readonly rememberedEvents?: number
  /** Options of the bot's sender; `source` and `clock` are those of the gateway. */
  readonly sending?: Omit<QQBotSenderOptions, 'source' | 'clock'>
  /** The WebSocket class. @default the class of `ws` */
  readonly WebSocket?: QQBotGatewaySocketClass
  /** Receives events without their contents. @default silent */
  readonly logger?: Logger
  /** @default systemClock of core */
  readonly clock?: Clock
  /** Returns a number from 0 up to 1. @default Math.random */
  readonly random?: () => number
}

/** @throws ConfigError naming the invalid option */
export function assertGatewayOptions(options: QQBotGatewayOptions): void {
  // JavaScript callers can pass anything.
  const { source, shard } = options as { readonly source?: Partial<TokenSource>; readonly shard?: unknown }
  if (typeof source?.getRecord !== 'function') {
    throw new ConfigError(
      'qq gateway: "source" must be a TokenSource',
      { field: 'source', problem: source === undefined ? 'missing' : 'malformed' },
      { hint: 'Pass manager.source(qqBot, credentials).' },
    )
  }
  intentBits(options.intents)
  if (shard !== undefined && !isShard(shard)) throw malformed('shard', '[index, count], with an index below the count')
  assertAcknowledge(options)
  const { firstMs, longestMs, stableMs } = options.backoff ?? {}
  const { ackTimeoutMs, responseTimeoutMs, maxPayloadBytes, rememberedEvents } = options
  const numbers = { firstMs, longestMs, stableMs, ackTimeoutMs, responseTimeoutMs, maxPayloadBytes, rememberedEvents }
  for (const [field, value] of Object.entries(numbers)) {
    if (value !== undefined && !(Number.isFinite(value) && value > 0)) throw malformed(field, 'a positive number')
  }
}

function assertAcknowledge({ acknowledge, sessionCache }: QQBotGatewayOptions): void {
  // JavaScript callers can pass anything.
  if (!['received', 'handled', undefined].includes(acknowledge))
    throw malformed('acknowledge', "'received' or 'handled'")
  if (acknowledge !== 'handled' || sessionCache !== undefined) return
  throw new ConfigError(
    'qq gateway: "acknowledge" must not be \'handled\' without a "sessionCache"',
    { field: 'sessionCache', problem: 'missing' },
    { hint: 'Pass a "sessionCache": the next process reads from it where to continue.' },
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
  return new ConfigError(`qq gateway: "${field}" must be ${wanted}`, { field, problem: 'malformed' })
}
