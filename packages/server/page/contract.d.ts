/** What the server tells the page. The page is not compiled; these types are for its check alone. */
export type { AccountStatus } from '../src/account-status.js'
export type { BilingualHint } from '../src/hints.js'
export type { TimelineEvent } from '../src/timeline-event.js'
export type { TokenAnswer } from '../src/token-answer.js'

/** The answer of `GET /session`. */
export interface Session {
  readonly name: string
  readonly role: 'reader' | 'reporter' | 'admin'
}
