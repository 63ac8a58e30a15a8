import type { ServedAccount } from '../accounts/served-account.js'
import type { TimelineEvent } from './timeline-event.js'

/** The stored events of the accounts. */
export interface Timeline {
  /** Returns the events of an account, newest first, at most 200. */
  read(account: ServedAccount): Promise<readonly TimelineEvent[]>
  /** Returns the last event that brought a token of the account, as far as this process knows. */
  lastRefresh(account: ServedAccount): TimelineEvent | undefined
  /** Writes pending events. */
  close(): Promise<void>
}
