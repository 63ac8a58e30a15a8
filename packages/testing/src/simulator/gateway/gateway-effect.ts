import { ConfigError } from '@lingpai/core'
import type { AccountRef } from '../accounts.js'

/** What goes wrong on a connection. Members can be combined, and apply in this order. */
export interface GatewayEffect {
  /** Sends these characters, which need not be JSON, as a text frame. */
  readonly raw?: string
  /** Sends this number of bytes as a binary frame. */
  readonly binary?: number
  /** Sends Reconnect (op 7). */
  readonly reconnect?: boolean
  /** Sends Invalid Session (op 9); `final` also ends the session. */
  readonly invalidSession?: 'resumable' | 'final'
  /** Leaves this number of heartbeats without an ack. */
  readonly missAcks?: number
  /** Half-open: neither reads nor responds from now on, and does not close. At `connect`, sends no Hello either. */
  readonly freeze?: boolean
  /** Closes with this code; a code that does not allow a resume ends the session. */
  readonly close?: number
  /** `reset`: resets the TCP connection; `end`: ends it without a close frame. */
  readonly drop?: 'reset' | 'end'
}

/** When and where a disturbance happens. */
export interface GatewayDisturbance extends GatewayEffect {
  /** `now`: to all current connections; otherwise to future ones, instead of the response to that payload. @default 'now' */
  readonly at?: 'now' | 'connect' | 'identify' | 'resume' | 'heartbeat'
  /** Number of times, if `at` is not `now`. @default 1 */
  readonly times?: number
  /** @default every account of the platform */
  readonly account?: AccountRef
}

/** The moments at which a connection checks for disturbances. */
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

/** @throws ConfigError for an invalid disturbance, or one without an effect */
export function checkDisturbance(spec: GatewayDisturbance): void {
  const bad = (field: string, text: string): ConfigError =>
    new ConfigError(`simulator: disturb: ${text}`, { field, problem: 'malformed' })
  if (!effects.some((effect) => spec[effect] !== undefined)) throw bad('effect', `needs one of ${effects.join(', ')}`)
  const { at = 'now', times = 1, close = 4000, drop = 'end', missAcks = 1, invalidSession = 'final' } = spec
  if (!['now', 'connect', 'identify', 'resume', 'heartbeat'].includes(at)) throw bad('at', 'unknown moment')
  if (!(times >= 1)) throw bad('times', 'times must be 1 or more')
  if (!isCloseCode(close)) throw bad('close', 'not a valid code of a close frame')
  if (!['reset', 'end'].includes(drop)) throw bad('drop', 'unknown way of dropping')
  if (!(missAcks >= 1)) throw bad('missAcks', 'missAcks must be 1 or more')
  if (!['resumable', 'final'].includes(invalidSession)) throw bad('invalidSession', 'resumable or final')
}

/** RFC 6455 §7.4: 1004 to 1006 are never sent. */
function isCloseCode(code: number): boolean {
  return (
    Number.isInteger(code) &&
    ((code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) || (code >= 3000 && code <= 4999))
  )
}

/**
 * Whether a session survives a close with this code: after 4008 and 4009 a client may resume. The platform's table does not list 4004;
 * here it ends the session, because the token is not accepted. Other unlisted codes do not end a session.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/event-emit/websocket.html (read 2026-11-20)
 */
export function survives(code: number): boolean {
  const isEnd = [4001, 4002, 4004, 4006, 4007].includes(code) || (code >= 4010 && code <= 4014)
  return !isEnd && !(code >= 4900 && code <= 4915)
}
