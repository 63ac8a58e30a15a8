import type { WriteTerms } from '../record/write-record.js'
import type { RefreshOutcome } from '../state/account-state.js'
import type { RefreshReason, StoredRecord } from '../token-record.js'
import type { FreshToken } from '../upstream/request-token.js'

/** What a caller needs of a refresh. */
export interface Demand {
  readonly reason: RefreshReason
  /** Shortest life that is of use, milliseconds. */
  readonly minLifeMs: number
  /** Why a refresh was forced, for the event. */
  readonly note?: string
  /** A token from outside, which takes the place of the platform's response: upstream is not asked. */
  readonly outside?: FreshToken
}

/** Under which terms upstream is asked. */
export interface RefreshTerms extends WriteTerms {
  /** Whether a lease that another process may have had meanwhile is good enough: this store is too slow to hold a better one. */
  readonly mayBeDoubtful: boolean
  /** What is wanted, once it has come another way: by a refresh beside this one, or from the cache. */
  readonly found: () => StoredRecord | undefined
  /** Moment on the monotonic clock at which the refresh must be over, milliseconds. */
  readonly endsAtMonotonicMs: number
}

/**
 * How an attempt under the lease ends, where not in an error.
 *
 * - `superseded`: another record counts, so look again
 * - `doubtful`: the lease may have been lost before upstream was asked, so begin again
 */
export type Attempt = RefreshOutcome | { readonly kind: 'superseded' } | { readonly kind: 'doubtful' }
