import { ConfigError } from '@lingpai/core'
import { knownIntents } from './event-intents.js'

/** How the simulated gateway behaves. Durations are platform milliseconds: a time scale shrinks them. */
export interface GatewaySettings {
  /** What Hello asks for. @default 41_250 */
  readonly heartbeatMs: number
  /** How long a session can be resumed once its connection is gone. @default 300_000 */
  readonly resumeWindowMs: number
  /** Events that a session keeps for a resume; a client that missed more has to identify anew. @default 10_000 */
  readonly keptEvents: number
  /** Recommended shards. @default 1 */
  readonly shards: number
  /** Session starts in a day. @default 1500 */
  readonly startsPerDay: number
  /** Session starts in 5 seconds. @default 1 */
  readonly maxConcurrency: number
  /** Bits that a bot may ask for; others that exist are refused with 4014. @default all */
  readonly grantedIntents: number
  /** Events that a resume sends although the client says that it has them: a client has to cope. @default 0 */
  readonly replayOverlap: number
}

/** The settings unless others are given; PLATFORMS.md §1.3 where it says, else a guess that a client must not rest on. */
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

/** Settings that make no sense below 1. */
const positive: readonly (keyof GatewaySettings)[] = ['heartbeatMs', 'shards', 'maxConcurrency']

/** @throws ConfigError naming the setting that does not exist or is no such number. */
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
