import type { ServedAccount } from './served-account.js'
import type { TimelineEvent } from './timeline-event.js'

/** What happened to the accounts, as far as it is kept. */
export interface Timeline {
  /** The events of an account, newest first, at most 200. */
  read(account: ServedAccount): Promise<readonly TimelineEvent[]>
  /** The last event that brought a token of the account, as far as this process knows. */
  lastRefresh(account: ServedAccount): TimelineEvent | undefined
  /** Writes what is not written yet. */
  close(): Promise<void>
}
