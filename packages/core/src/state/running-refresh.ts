import type { StoredRecord } from '../token-record.js'

/** A refresh under way in this process. All callers that need one wait for the same. */
export interface RunningRefresh {
  readonly promise: Promise<RefreshOutcome>
  readonly isForced: boolean
  /**
   * No caller waited for it when it began, or only the one that adopted a token: its failure does not concern callers
   * who join later.
   */
  readonly isAhead: boolean
  /** Its turn among the refreshes of all accounts. */
  readonly turn: {
    /** A caller waits for it from now on. */
    hurry(): void
    /** Another refresh that has a turn waits for it. */
    admit(): void
  }
}

/**
 * Outcome of a successful refresh.
 *
 * - `adopted`: the record came from the cache, or from outside
 * - `fetched`: upstream gave a new token
 * - `repeated`: upstream gave the same token again
 */
export interface RefreshOutcome {
  readonly kind: 'adopted' | 'fetched' | 'repeated'
  readonly record: StoredRecord
}
