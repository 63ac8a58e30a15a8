import { ConfigError, systemClock } from '@lingpai/core'
import { fetchGatewayInfo } from './gateway/gateway-info.js'
import type { QQBotGatewayOptions } from './gateway-options.js'
import { QQBotGateway } from './qq-bot-gateway.js'

/** Options of all shards. */
export interface ShardedQQBotGatewaysOptions extends Omit<QQBotGatewayOptions, 'shard'> {
  /** Total number of the bot's connections. @default what the platform recommends */
  readonly count?: number
  /** Indexes of the shards that this process runs. @default all of them */
  readonly indexes?: readonly number[]
  /** Aborts the request to the platform. */
  readonly signal?: AbortSignal
}

/**
 * Creates one gateway per shard, not yet connected. Connect them at the same time: they start one after another, at the pace that the
 * platform allows.
 *
 * @throws any error of `/gateway/bot` unless `count` is given; ConfigError for an invalid index
 * @example
 * ```ts
 * import { memoryCache } from '@lingpai/cache-memory'
 * import { TokenManager } from '@lingpai/core'
 * import { qqBot } from '@lingpai/provider-qq-bot'
 * import { shardedQQBotGateways } from '@lingpai/qq-bot-gateway'
 *
 * const source = new TokenManager({ cache: memoryCache() }).source(qqBot, { appId: '102000000', clientSecret: 'secret' })
 * const gateways = await shardedQQBotGateways({ source, intents: ['PUBLIC_GUILD_MESSAGES'] })
 * await Promise.all(gateways.map((gateway) => gateway.connect()))
 * ```
 */
export async function shardedQQBotGateways({
  count,
  indexes,
  signal = new AbortController().signal,
  ...options
}: ShardedQQBotGatewaysOptions): Promise<readonly QQBotGateway[]> {
  if (count !== undefined && !(Number.isSafeInteger(count) && count > 0)) {
    throw new ConfigError('qq gateway: "count" must be a positive integer', { field: 'count', problem: 'malformed' })
  }
  const { clock = systemClock } = options
  const total = count ?? (await fetchGatewayInfo(options.source, { clock, signal })).shards
  const own = indexes ?? Array.from({ length: total }, (_, index) => index)
  return own.map((index) => new QQBotGateway({ ...options, shard: [index, total] }))
}
