import type { ServedAccount } from '../accounts/served-account.js'
import type { Caller } from '../auth/caller.js'

/**
 * How a forwarded call ended: `ok`: with the platform's response; `healed`: with its response to a second try, with another token;
 * `token-rejected`: the platform rejected the token, and the call could not be repeated or was rejected again; `failed`: without a response.
 */
export type CallOutcome = 'ok' | 'healed' | 'token-rejected' | 'failed'

/** A forwarded call. */
export interface LoggedCall {
  readonly caller: Caller
  readonly account: ServedAccount
  readonly outcome: CallOutcome
  /** From the request to the head of the response. */
  readonly seconds: number
}
