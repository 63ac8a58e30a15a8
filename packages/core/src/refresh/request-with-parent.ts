import type { AccountContext } from '../state/account-context.js'
import { isTokenError } from '../provider/classify.js'
import type { PlatformCode } from '../error-class.js'
import { TransportError } from '../errors.js'
import { onAbort } from '../time/on-abort.js'
import { requestToken, type TokenRequestOutcome, type UpstreamLimits } from '../upstream/request-token.js'

/**
 * Asks the platform for an account's token. One that is derived from another token is asked for with that one in the request.
 * When the platform rejects the parent's token, that is reported to the parent's source, and the request is repeated once with the new
 * token.
 *
 * @throws what the parent's source throws: its failure has a cool-down of its own, and needs no second one here.
 */
export async function requestWithParent<C>(
  context: AccountContext<C>,
  limits: UpstreamLimits,
): Promise<TokenRequestOutcome> {
  const { spec, credentials, upstream, parent } = context
  if (parent === undefined) return requestToken(spec, credentials, upstream, limits)
  const ask = (parentToken: string): Promise<TokenRequestOutcome> =>
    requestToken(spec, credentials, upstream, { ...limits, parentToken })
  return inTime(context, limits, async (signal) => {
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

/** The parent's refresh has a bound of its own, which may end later than this one. */
async function inTime<C, T>(
  { spec, clock }: AccountContext<C>,
  { signal, endsAtMonotonicMs }: UpstreamLimits,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController()
  const giveUp = (): void => {
    const text = `${spec.id}: the token that the ${spec.kind} is derived from was not there in time`
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
