import { opcodes } from './payload.js'
import type { GatewaySession } from './protocol.js'

/** What Identify asks for. */
export interface IdentifyFacts {
  readonly intents: number
  readonly shard: readonly [index: number, count: number]
  /** The platform does nothing with them. */
  readonly properties: Readonly<Record<string, string>>
}

/** The payload that starts a session, or goes on with one, as text. The token stands in it: it is sent and never shown. */
export function greetingText(token: string, session: GatewaySession | undefined, facts: IdentifyFacts): string {
  const authorization = `QQBot ${token}`
  return JSON.stringify(
    session === undefined
      ? { op: opcodes.identify, d: { token: authorization, ...facts } }
      : { op: opcodes.resume, d: { token: authorization, session_id: session.id, seq: session.seq } },
  )
}
