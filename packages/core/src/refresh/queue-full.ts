import { isLingpaiError, UnavailableError } from '../errors.js'
import type { AccountContext } from '../state/account-context.js'

/** The error of a refresh whose turn did not come in time. */
export function queueFull<C>({ spec }: AccountContext<C>): UnavailableError {
  return new UnavailableError(
    `${spec.id}: too many other accounts are being refreshed, and the turn of this one did not come in time`,
    { provider: spec.id, problem: 'queue-full', field: 'maxConcurrentRefreshes' },
    { hint: 'Raise maxConcurrentRefreshes, or let background refreshes get the tokens before callers need them.' },
  )
}

/** Whether it is the error of a refresh whose turn did not come in time. */
export function isQueueFull(error: unknown): boolean {
  return isLingpaiError(error) && error.code === 'ERR_LINGPAI_UNAVAILABLE' && error.details.problem === 'queue-full'
}
