import { PlatformError } from '../errors.js'
import type { AccountContext } from '../state/account-context.js'
import type { FreshToken } from '../upstream/request-token.js'
import type { AttemptOutcome, AttemptTerms } from './attempt.js'
import type { Demand } from './demand.js'
import { failRefresh } from './fail-refresh.js'
import { keepToken, verdictOn } from './keep-token.js'

/**
 * Judges a response with the very token that an API rejected. If the provider has a probe, the platform is asked which
 * of the two is right: a token that its own probe accepts is good, and the rejection had another cause. Otherwise the
 * refresh fails.
 *
 * @throws PlatformError `token-invalid`, with a cool-down
 */
export async function judgeRejectedAgain<C>(
  context: AccountContext<C>,
  demand: Demand,
  terms: AttemptTerms,
  fresh: FreshToken,
): Promise<AttemptOutcome> {
  const { state, spec } = context
  if ((await verdictOn(context, fresh.value, terms.endsAtMonotonicMs)) === true)
    return keepToken(context, demand, terms, fresh)
  if (terms.wanted() !== undefined) return { kind: 'superseded' }
  const { record } = state
  const { rejected } = state.unsettled
  const error = new PlatformError(
    `${spec.id}: the platform gives the token again that its API rejected (${String(rejected?.code ?? 'no code')})`,
    {
      provider: spec.id,
      endpoint: 'token',
      platformCode: rejected?.code ?? record?.rejectedCode ?? 'unknown',
      platformMessage: '',
      errorClass: 'token-invalid',
    },
    {
      retryable: true,
      hint: 'Check that the call goes to the API of this account; otherwise wait until the platform gives a new token.',
    },
  )
  return failRefresh(context, demand, terms, { error })
}
