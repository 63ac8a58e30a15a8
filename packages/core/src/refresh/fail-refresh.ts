import { markRejected } from '../record/mark-rejected.js'
import type { AccountContext } from '../state/account-context.js'
import type { UpstreamFailure } from '../upstream/request-token.js'
import { startCoolDown } from './cool-down.js'
import type { AttemptTerms } from './attempt.js'
import type { Demand } from './demand.js'

/**
 * Ends a refresh that failed at the platform. The cool-down applies to all processes that share the cache, and a
 * rejected token that could not be replaced is marked there.
 *
 * @throws the error, with the moment of the next attempt
 */
export async function failRefresh<C>(
  context: AccountContext<C>,
  { reason }: Demand,
  terms: AttemptTerms,
  failure: UpstreamFailure,
): Promise<never> {
  const { error } = await startCoolDown(context, reason, failure, terms.isUp)
  await markRejected(context, terms)
  context.emit('refresh-failed', { reason, error })
  throw error
}
