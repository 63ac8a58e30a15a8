import type { RefreshReason } from '../token-record.js'
import type { FreshToken } from '../upstream/request-token.js'

/** What a caller needs from a refresh. */
export interface Demand {
  readonly reason: RefreshReason
  /** Shortest useful life in milliseconds. */
  readonly minLifeMs: number
  /** Why a refresh was forced, for the event. */
  readonly note?: string
  /** A token from outside that replaces the platform's response: upstream is not asked. */
  readonly outside?: FreshToken
  /** Whether the token from outside gives way to any usable record. */
  readonly onlyIfNone?: boolean
  /** The background refresh needs it, and no caller. */
  readonly isBackground?: boolean
}

/** Whether a caller waits for the refresh. */
export function isAwaited({ reason, isBackground = false }: Demand): boolean {
  return reason !== 'ahead' && !isBackground
}
