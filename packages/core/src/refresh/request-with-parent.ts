import type { AccountContext } from '../state/account-context.js'
import { isTokenError } from '../provider/classify.js'
import type { PlatformCode } from '../error-class.js'
import { TransportError } from '../errors.js'
import { onAbort } from '../time/on-abort.js'
import { requestToken, type TokenRequestOutcome, type TokenRequestTerms } from '../upstream/request-token.js'

/**
 * Requests an account's token from the platform. The request for a derived token carries the parent's token. If the
 * platform rejects the parent's token, that is reported to the parent's source, and the request is repeated once with
 * another token.
 *
 * @throws the error of the parent's source, which has a cool-down of its own and needs no second one here
 */
export async function requestWithParent<C>(
  context: AccountContext<C>,
  terms: TokenRequestTerms,
): Promise<TokenRequestOutcome> {
  const { spec, credentials, volatile, upstream, parent } = context
  const given = { credentials, volatile }
  if (parent === undefined) return requestToken(spec, given, upstream, terms)
  const ask = (parentToken: string): Promise<TokenRequestOutcome> =>
    requestToken(spec, given, upstream, { ...terms, parentToken })
  return inTime(context, terms, async (signal) => {
    const token = await parent.getAccessToken({ signal })
    const outcome = await ask(token)
    const code = rejectedTokenCode(outcome)
    if (code === undefined) return outcome
    const other = await parent.reportRejected(token, code, { signal })
    return other === token ? outcome : ask(other)
  })
}

function rejectedTokenCode(outcome: TokenRequestOutcome): PlatformCode | undefined {
  if (outcome.kind === 'token' || outcome.failure.error.code !== 'ERR_LINGPAI_PLATFORM') return undefined
  const { details } = outcome.failure.error
  return isTokenError(details) ? details.platformCode : undefined
}

/** Runs `work` within the time of this refresh; the parent's refresh may take longer. */
async function inTime<C, T>(
  { spec, clock }: AccountContext<C>,
  { signal, endsAtMonotonicMs }: TokenRequestTerms,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController()
  const giveUp = (): void => {
    const text = `${spec.id}: the token that the ${spec.kind} is derived from did not come in time`
    ending.abort(new TransportError(text, { provider: spec.id, phase: 'timeout' }))
  }
  const timer = clock.setTimer(giveUp, Math.max(0, endsAtMonotonicMs - clock.monotonic()), { holdsProcess: true })
  const forget = onAbort(signal, () => {
    ending.abort(signal.reason)
  })
  try {
    return await work(ending.signal)
  } finally {
    timer.cancel()
    forget()
  }
}
