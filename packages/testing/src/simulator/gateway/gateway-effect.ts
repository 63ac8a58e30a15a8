import { ConfigError } from '@lingpai/core'
import type { AccountRef } from '../accounts.js'

/** What goes wrong on a connection. Members combine, in the order in which they stand here. */
export interface GatewayEffect {
  /** Sends these characters, which need be no JSON, as one text frame. */
  readonly raw?: string
  /** Sends so many bytes as one binary frame. */
  readonly binary?: number
  /** Sends Reconnect (op 7). */
  readonly reconnect?: boolean
  /** Ends the session, if `final`, and sends Invalid Session (op 9). */
  readonly invalidSession?: 'resumable' | 'final'
  /** Leaves so many heartbeats without an ack. */
  readonly missAcks?: number
  /** Half-open: neither reads nor answers from now on, and does not close. At `connect`: not even Hello. */
  readonly freeze?: boolean
  /** Closes with this code; a code that allows no resume ends the session. */
  readonly close?: number
  /** `reset`: cuts the connection; `end`: ends it in good order, but without a close frame. */
  readonly drop?: 'reset' | 'end'
}

/** When and to whom it happens. */
export interface GatewayDisturbance extends GatewayEffect {
  /** `now`: to every connection that there is; else to coming ones, in place of the answer to that payload. @default 'now' */
  readonly at?: 'now' | 'connect' | 'identify' | 'resume' | 'heartbeat'
  /** How often, if not now. @default 1 */
  readonly times?: number
  /** @default every account of the platform */
  readonly account?: AccountRef
}

/** The moments at which a connection asks whether something goes wrong. */
export type DisturbedMoment = Exclude<NonNullable<GatewayDisturbance['at']>, 'now'>

const effects = [
  'raw',
  'binary',
  'reconnect',
  'invalidSession',
  'missAcks',
  'freeze',
  'close',
  'drop',
] as const satisfies readonly (keyof GatewayEffect)[]

/** @throws ConfigError for a disturbance that does nothing or cannot be. */
export function checkDisturbance(spec: GatewayDisturbance): void {
  const bad = (field: string, text: string): ConfigError =>
    new ConfigError(`simulator: disturb: ${text}`, { field, problem: 'malformed' })
  if (!effects.some((effect) => spec[effect] !== undefined)) throw bad('effect', `needs one of ${effects.join(', ')}`)
  const { at = 'now', times = 1, close = 4000, drop = 'end', missAcks = 1, invalidSession = 'final' } = spec
  if (!['now', 'connect', 'identify', 'resume', 'heartbeat'].includes(at)) throw bad('at', 'unknown moment')
  if (!(times >= 1)) throw bad('times', 'times must be 1 or more')
  if (!isCloseCode(close)) throw bad('close', 'no code that a close frame may carry')
  if (!['reset', 'end'].includes(drop)) throw bad('drop', 'unknown way of dropping')
  if (!(missAcks >= 1)) throw bad('missAcks', 'missAcks must be 1 or more')
  if (!['resumable', 'final'].includes(invalidSession)) throw bad('invalidSession', 'resumable or final')
}

/** RFC 6455 §7.4: 1004 to 1006 never go over the line. */
function isCloseCode(code: number): boolean {
  return (
    Number.isInteger(code) &&
    ((code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) || (code >= 3000 && code <= 4999))
  )
}

/** Whether a session survives a close with this code: PLATFORMS.md §1.3; codes that it does not name end nothing. */
export function survives(code: number): boolean {
  const isEnd = [4001, 4002, 4004, 4006, 4007].includes(code) || (code >= 4010 && code <= 4014)
  return !isEnd && !(code >= 4900 && code <= 4915)
}
