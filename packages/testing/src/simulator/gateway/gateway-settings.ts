import { ConfigError } from '@lingpai/core'
import { knownIntents } from './event-intents.js'

/** Settings of the simulated gateway. Durations are platform milliseconds, which a time scale divides. */
export interface GatewaySettings {
  /** Heartbeat interval in Hello. @default 41_250 */
  readonly heartbeatMs: number
  /** How long a session can be resumed after its connection was lost. @default 300_000 */
  readonly resumeWindowMs: number
  /** Number of events stored for a resume; a client that missed more must identify again. @default 10_000 */
  readonly keptEvents: number
  /** Recommended shards. @default 1 */
  readonly shards: number
  /** Session starts per day. @default 1500 */
  readonly startsPerDay: number
  /** Session starts per 5 seconds. @default 1 */
  readonly maxConcurrency: number
  /** Intents that a bot may use; other known ones are rejected with 4014. @default all */
  readonly grantedIntents: number
  /** Number of events that a resume repeats although the client has reported them, to test that it copes. @default 0 */
  readonly replayOverlap: number
}

/**
 * Default settings. `max_concurrency` and the shards are fields of `GET /gateway/bot`; the heartbeat interval and the 1500 starts are what
 * the platform sent in 2026-09. The resume window and the number of stored events are not documented: clients must not depend on them.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/event-emit/websocket.html (read 2026-11-20)
 */
export const defaultGatewaySettings: GatewaySettings = Object.freeze({
  heartbeatMs: 41_250,
  resumeWindowMs: 300_000,
  keptEvents: 10_000,
  shards: 1,
  startsPerDay: 1500,
  maxConcurrency: 1,
  grantedIntents: knownIntents,
  replayOverlap: 0,
})

/** Settings that must be at least 1. */
const positive: readonly (keyof GatewaySettings)[] = ['heartbeatMs', 'shards', 'maxConcurrency']

/** @throws ConfigError naming the unknown or invalid setting */
export function changedGatewaySettings(old: GatewaySettings, changes: Partial<GatewaySettings>): GatewaySettings {
  for (const [field, value] of Object.entries(changes) as [keyof GatewaySettings, unknown][]) {
    if (!Object.hasOwn(defaultGatewaySettings, field)) {
      throw new ConfigError(`simulator: the gateway has no setting ${field}`, { field, problem: 'unknown' })
    }
    const least = positive.includes(field) ? 1 : 0
    if (!(Number.isSafeInteger(value) && (value as number) >= least)) {
      throw new ConfigError(`simulator: ${field} is malformed`, { field, problem: 'malformed' })
    }
  }
  return { ...old, ...changes }
}
