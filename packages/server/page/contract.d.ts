/** Types of the server that the page receives. The page is not compiled; these types are only for its type check. */
export type { AccountStatus } from '../src/accounts/account-status.js'
export type { BilingualHint } from '../src/accounts/hints.js'
export type { TimelineEvent } from '../src/audit/timeline-event.js'
export type { TokenResponse } from '../src/tokens/token-response.js'

/** The response of `GET /session`. */
export interface Session {
  readonly name: string
  readonly role: 'reader' | 'reporter' | 'admin'
}
