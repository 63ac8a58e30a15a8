import { ConfigError, systemClock } from '@lingpai/core'
import { fetchGatewayInfo } from './gateway/gateway-info.js'
import type { QQBotGatewayOptions } from './gateway-options.js'
import { QQBotGateway } from './qq-bot-gateway.js'

/** Options of all shards. */
export interface ShardedGatewaysOptions extends Omit<QQBotGatewayOptions, 'shard'> {
  /** How many connections the bot has in all. @default what the platform recommends */
  readonly count?: number
  /** Which of them this process has. @default all of them */
  readonly indexes?: readonly number[]
  /** Ends the question to the platform. */
  readonly signal?: AbortSignal
}

/**
 * One gateway for each shard, none of them connected yet. Connect them at the same time: they start one after another, at the pace
 * that the platform allows.
 *
 * @throws whatever `/gateway/bot` fails with, unless `count` is given; ConfigError for an index that cannot be
 */
export async function shardedGateways({
  count,
  indexes,
  signal = new AbortController().signal,
  ...options
}: ShardedGatewaysOptions): Promise<readonly QQBotGateway[]> {
  if (count !== undefined && !(Number.isSafeInteger(count) && count > 0)) {
    throw new ConfigError('qq gateway: count is to be a whole number above 0', { field: 'count', problem: 'malformed' })
  }
  const { clock = systemClock } = options
  const total = count ?? (await fetchGatewayInfo(options.source, { clock, signal })).shards
  const own = indexes ?? Array.from({ length: total }, (_, index) => index)
  return own.map((index) => new QQBotGateway({ ...options, shard: [index, total] }))
}
