import type { Ending } from './protocol.js'

/** How soon a connection is tried again. */
export interface BackoffOptions {
  /** Longest first wait, milliseconds; it doubles with each failure. @default 1000 */
  readonly firstMs?: number
  /** Longest wait of all, milliseconds. @default 60_000 */
  readonly longestMs?: number
  /** A connection that was live for so long, milliseconds, makes earlier failures forgotten. @default 60_000 */
  readonly stableMs?: number
}

/** What went wrong since things were last fine. */
export interface FailureHistory {
  /** Connections that ended, since the last that was stable. */
  readonly failures: number
  /** Resumes in a row that were not answered. */
  readonly refusedResumes: number
}

/** A connection that has ended. */
export interface EndedConnection {
  readonly ending: Pick<Ending, 'action' | 'refusedResume'>
  /** How long it had been live, milliseconds. */
  readonly liveMs: number
}

/** What comes next. */
export type NextMove =
  | { readonly kind: 'stop' }
  | {
      readonly kind: 'connect'
      readonly history: FailureHistory
      /** Whether the session is given up: the next connection identifies. */
      readonly dropsSession: boolean
      /** Whether the token is reported as refused first. */
      readonly rejectsToken: boolean
      readonly delayMs: number
    }

/** Nothing went wrong. */
export const noFailures: FailureHistory = Object.freeze({ failures: 0, refusedResumes: 0 })

/** A session that is refused without a word, so many times in a row, is gone. */
const mostRefusedResumes = 3

/**
 * Exponential backoff with full jitter, for ever unless the platform said that it is no use: a pure function.
 *
 * @param random from 0 up to 1
 */
export function nextMove(
  history: FailureHistory,
  { ending, liveMs }: EndedConnection,
  { firstMs = 1000, longestMs = 60_000, stableMs = 60_000 }: BackoffOptions,
  random: number,
): NextMove {
  const { action, refusedResume } = ending
  if (action === 'fatal') return { kind: 'stop' }
  const before = liveMs >= stableMs ? 0 : history.failures
  const refusedResumes = refusedResume ? history.refusedResumes + 1 : 0
  const isGivenUp = refusedResumes >= mostRefusedResumes
  return {
    kind: 'connect',
    history: { failures: before + 1, refusedResumes: isGivenUp ? 0 : refusedResumes },
    dropsSession: action !== 'resume' || isGivenUp,
    rejectsToken: action === 'refresh-token',
    // A platform that says that the session is gone is there: no reason to wait longer for the new one.
    delayMs: random * Math.min(longestMs, firstMs * 2 ** (refusedResume && action === 'identify' ? 0 : before)),
  }
}
