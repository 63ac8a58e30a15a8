import type { AccountContext } from '../state/account-context.js'
import { PlatformError } from '../errors.js'
import { keepFailure } from './cool-down.js'
import type { Demand, Landing, RefreshTerms } from './demand.js'
import { giveBack } from '../cache/refresh-lease.js'
import { markRejected } from '../record/mark-rejected.js'
import { standBy, verdictOn } from './stand-by.js'
import type { FreshToken } from '../upstream/request-token.js'

/**
 * Upstream hands out the very token that an API refused. Where the provider has a probe, the platform is asked which of the
 * two is right: a token that its own probe accepts is good, and the refusal was about something else. Otherwise the loop
 * ends here, with a typed error and a cool-down.
 */
export async function repeatedRejection<C>(
  context: AccountContext<C>,
  demand: Demand,
  terms: RefreshTerms,
  fresh: FreshToken,
): Promise<Landing> {
  const { cell, spec } = context
  const { record } = cell
  const { reason } = demand
  if ((await verdictOn(context, fresh.value, terms.endsAtMonotonicMs)) === true)
    return standBy(context, demand, terms, fresh)
  if (terms.found() !== undefined) {
    await giveBack(terms.lease)
    return 'superseded'
  }
  const error = new PlatformError(
    `${spec.id}: the platform hands out the token again that its API refused (${String(cell.rejected?.code ?? 'no code')})`,
    {
      provider: spec.id,
      endpoint: 'token',
      platformCode: cell.rejected?.code ?? record?.rejectedCode ?? 'unknown',
      platformMessage: '',
      errorClass: 'token-invalid',
    },
    {
      retryable: true,
      hint: 'Check that the call goes to the API of this account; otherwise wait until the platform gives a new token.',
    },
  )
  const failure = await keepFailure(context, reason, { error }, terms.isUp)
  await markRejected(context, terms)
  context.emit('refresh-failed', { reason, error: failure.error })
  throw failure.error
}
