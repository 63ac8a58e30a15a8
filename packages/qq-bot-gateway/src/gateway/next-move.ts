import type { Ending } from './protocol.js'

/** Delays between reconnects. */
export interface QQBotGatewayBackoff {
  /** Maximum first delay, in milliseconds; doubled after each failure. @default 1000 */
  readonly firstMs?: number
  /** Maximum delay, in milliseconds. @default 60_000 */
  readonly longestMs?: number
  /** How long a connection must be live, in milliseconds, before earlier failures are forgotten. @default 60_000 */
  readonly stableMs?: number
}

/** Failures since the last stable connection. */
export interface FailureHistory {
  /** Connections that have ended since the last stable one. */
  readonly failures: number
  /** Consecutive resumes without a Resumed. */
  readonly rejectedResumes: number
}

/** A connection that has ended. */
export interface EndedConnection {
  readonly ending: Pick<Ending, 'action' | 'rejectedResume'>
  /** How long the connection was live, in milliseconds. */
  readonly liveMs: number
}

/** What the gateway does next. */
export type NextMove =
  | { readonly kind: 'stop' }
  | {
      readonly kind: 'connect'
      readonly history: FailureHistory
      /** Whether the session is dropped, so that the next connection identifies. */
      readonly dropsSession: boolean
      /** Whether the token is first reported as rejected. */
      readonly rejectsToken: boolean
      readonly delayMs: number
    }

/** The state without failures. */
export const noFailures: FailureHistory = Object.freeze({ failures: 0, rejectedResumes: 0 })

/** After this many consecutive resumes without a Resumed, the session is considered gone. */
const mostRejectedResumes = 3

/**
 * Computes the next move: exponential backoff with full jitter, without end unless the platform says that retrying does not help.
 * A pure function.
 *
 * @param random from 0 up to 1
 */
export function nextMove(
  history: FailureHistory,
  { ending, liveMs }: EndedConnection,
  { firstMs = 1000, longestMs = 60_000, stableMs = 60_000 }: QQBotGatewayBackoff,
  random: number,
): NextMove {
  const { action, rejectedResume } = ending
  if (action === 'fatal') return { kind: 'stop' }
  const before = liveMs >= stableMs ? 0 : history.failures
  const rejectedResumes = rejectedResume ? history.rejectedResumes + 1 : 0
  const isGivenUp = rejectedResumes >= mostRejectedResumes
  return {
    kind: 'connect',
    history: { failures: before + 1, rejectedResumes: isGivenUp ? 0 : rejectedResumes },
    dropsSession: action !== 'resume' || isGivenUp,
    rejectsToken: action === 'refresh-token',
    // A platform that rejects a session is reachable: no reason to wait longer for the new session.
    delayMs: random * Math.min(longestMs, firstMs * 2 ** (rejectedResume && action === 'identify' ? 0 : before)),
  }
}
