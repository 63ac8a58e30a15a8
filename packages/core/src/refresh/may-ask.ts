import { LeaseError } from '../errors.js'
import type { FailureRecord } from '../failure/failure-record.js'
import { isLimit } from '../failure/policy.js'
import type { AccountContext } from '../state/account-context.js'
import { activeFailure } from './cool-down.js'
import type { Demand } from './demand.js'

/**
 * Asserts that upstream may be asked now.
 *
 * @throws the stored error of the last failure while its cool-down lasts; LeaseError for a read-only source, which
 * never asks
 */
export async function assertMayAsk<C>(context: AccountContext<C>, { reason }: Demand, isUp: boolean): Promise<void> {
  const failure = await activeFailure(context, reason, isUp)
  if (failure !== undefined && !(reason === 'requested' && mayBeMended(failure))) throw failure.error
  if (context.isReadonly) {
    throw new LeaseError(`${context.spec.id}: this source is read-only, and the cache holds no usable token`, {
      hint: 'Start the process that refreshes this account, or make the source without `readonly`.',
    })
  }
}

/**
 * Whether a forced refresh may ignore a failure: an operator who forces one has solved the problem. A platform's limit
 * cannot be solved that way once upstream itself has reported it; a failure read from the store may be old or false.
 */
function mayBeMended({ errorClass, isHearsay }: FailureRecord): boolean {
  return isHearsay === true || !isLimit(errorClass)
}
