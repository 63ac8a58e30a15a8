import { LeaseError } from '../errors.js'
import type { FailureRecord } from '../failure/failure-record.js'
import { isLimit } from '../failure/policy.js'
import type { AccountContext } from '../state/account-context.js'
import { activeFailure } from './cool-down.js'
import type { Demand } from './demand.js'

/** @throws the stored error of the last failure while its cool-down lasts; a readonly source never asks at all. */
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
 * An operator who forces a refresh has mended something. A limit of the platform is not mended that way, once upstream itself has
 * reported it: a note in the store may be old, or not be true.
 */
function mayBeMended({ errorClass, isHearsay }: FailureRecord): boolean {
  return isHearsay === true || !isLimit(errorClass)
}
