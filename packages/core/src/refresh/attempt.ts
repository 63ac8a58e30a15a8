import type { WriteTerms } from '../record/write-record.js'
import type { RefreshOutcome } from '../state/running-refresh.js'
import type { Moment } from '../time/moment.js'
import type { StoredRecord } from '../token-record.js'

/** What one attempt of a refresh goes by. */
export interface AttemptTerms extends WriteTerms {
  /** When its turn began. */
  readonly beganAt: Moment
  /**
   * Whether to go on under a lease that is doubtful. Set once an attempt of this refresh ended so: a store that is too slow to hold a
   * better lease must not keep the account from ever being refreshed.
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
export type AttemptOutcome = RefreshOutcome | { readonly kind: 'superseded' } | { readonly kind: 'doubtful' }
