import { opcodes } from './payload.js'
import type { GatewaySession } from './protocol.js'

/** Content of Identify. */
export interface IdentifyFacts {
  readonly intents: number
  readonly shard: readonly [index: number, count: number]
  /** The platform ignores them. */
  readonly properties: Readonly<Record<string, string>>
}

/** Returns the payload that starts or resumes a session, as text. It contains the token and must not be logged. */
export function greetingText(token: string, session: GatewaySession | undefined, facts: IdentifyFacts): string {
  const authorization = `QQBot ${token}`
  return JSON.stringify(
    session === undefined
      ? { op: opcodes.identify, d: { token: authorization, ...facts } }
      : { op: opcodes.resume, d: { token: authorization, session_id: session.id, seq: session.seq } },
  )
}
