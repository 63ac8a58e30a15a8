import { MalformedResponseError, type MalformedResponseErrorDetails } from '@lingpai/core'

/**
 * Opcodes of the gateway.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/event-emit/payload.html (read 2026-11-20)
 */
export const opcodes = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  resume: 6,
  reconnect: 7,
  invalidSession: 9,
  hello: 10,
  heartbeatAck: 11,
} as const

/** A message of the platform, as received. */
export interface QQBotGatewayPayload {
  /** Opcode; 0 is an event. */
  readonly op: number
  /** Data of the opcode or of the event. */
  readonly d?: unknown
  /** Sequence number within the session. */
  readonly s?: number
  /** Name of the event. */
  readonly t?: string
  /** Id of the event; a passive reply may send it as `event_id`. */
  readonly id?: string
}

/** Describes a malformed frame for an error: its shape, never its content. */
export type BadFrame = Pick<MalformedResponseErrorDetails, 'problem' | 'bytes'>

/** Parses a frame. Returns the problem if it is malformed. */
export function readFrame(data: Buffer, isBinary: boolean): QQBotGatewayPayload | BadFrame {
  if (isBinary) return { problem: 'not-text', bytes: data.length }
  let parsed: unknown
  try {
    parsed = JSON.parse(data.toString('utf8'))
  } catch {
    return { problem: 'not-json', bytes: data.length }
  }
  return isPayload(parsed) ? parsed : { problem: 'not-an-object', bytes: data.length }
}

/** A member of the wrong type makes the whole frame malformed. */
function isPayload(value: unknown): value is QQBotGatewayPayload {
  if (typeof value !== 'object' || value === null) return false
  const { op, s, t, id } = value as Readonly<Record<string, unknown>>
  return (
    typeof op === 'number' &&
    (s === undefined || s === null || typeof s === 'number') &&
    (t === undefined || t === null || typeof t === 'string') &&
    (id === undefined || id === null || typeof id === 'string')
  )
}

/** HTTP status of a WebSocket: the status of its completed handshake. */
const switchingProtocols = 101

/** Creates the error of a malformed frame. */
export function badFrameError(provider: string, frame: BadFrame, what = 'malformed frame'): MalformedResponseError {
  return new MalformedResponseError(`${provider}: gateway: ${what} (${frame.problem})`, {
    provider,
    status: switchingProtocols,
    ...frame,
  })
}
