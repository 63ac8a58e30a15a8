import type { WriteTerms } from '../record/write-record.js'
import type { RefreshOutcome } from '../state/running-refresh.js'
import type { Moment } from '../time/moment.js'
import type { RefreshReason, StoredRecord } from '../token-record.js'
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

/** Terms of an upstream request. */
export interface RefreshTerms extends WriteTerms {
  /** When its turn began. */
  readonly beganAt: Moment
  /**
   * Whether a turn is good enough in which another process may have refreshed, because the one before was already such: the store
   * is too slow to hold a better lease, or the process was stopped.
   */
  readonly acceptsDoubtful: boolean
  /** Returns a record that meets the demand, if one came from another refresh or from the cache. */
  readonly wanted: () => StoredRecord | undefined
  /** Moment on the monotonic clock at which the refresh must be over, in milliseconds. */
  readonly endsAtMonotonicMs: number
}

/**
 * Outcome of an attempt under the lease, unless it throws.
 *
 * - `superseded`: another record counts, so look again
 * - `doubtful`: the lease may have been lost before upstream was asked, so start again
 */
export type Attempt = RefreshOutcome | { readonly kind: 'superseded' } | { readonly kind: 'doubtful' }
