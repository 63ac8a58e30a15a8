import { keep, type AccountContext } from './account-context.js'
import { forgetRefused } from './cell.js'
import { PlatformError } from './errors.js'
import { forgetFailure, keepFailure } from './failure-memory.js'
import type { Demand, Landing, RefreshTerms } from './demand.js'
import { giveBack } from './lease.js'
import { markRejected } from './mark-rejected.js'
import { clearedRecord } from './token-record.js'
import { probeToken } from './probe-token.js'
import type { FreshToken } from './upstream.js'
import { writeRecord } from './write-record.js'

/**
 * Upstream hands out the very token that an API refused. Where the provider has a probe, the platform is asked which of the
 * two is right: a token that its own probe accepts is good, and the refusal was about something else. Otherwise the loop
 * ends here, with a typed error and a cool-down.
 */
export async function repeatedRejection<C>(
  context: AccountContext<C>,
  { reason }: Demand,
  terms: RefreshTerms,
  fresh: FreshToken,
): Promise<Landing> {
  const { cell, clock, spec, upstream, closing } = context
  const { record } = cell
  const timeoutMs = Math.max(0, terms.endsAtMonotonicMs - clock.monotonic())
  const { alive } = await probeToken(spec, fresh.value, upstream, { signal: closing, timeoutMs })
  if (alive === true && record?.value !== fresh.value) {
    // One that was refused before others took its place: it is as good as new.
    forgetRefused(cell, fresh.value)
    await giveBack(terms.lease)
    return 'superseded'
  }
  if (alive === true && record !== undefined) {
    const cleared = clearedRecord(record)
    const isWritten = await writeRecord(context, terms, record, cleared)
    if (isWritten === 'superseded') return 'superseded'
    forgetRefused(cell, fresh.value)
    keep(context, cleared, { seen: fresh.sentAt })
    await forgetFailure(context, terms.isUp)
    context.emit('same-token', {
      generation: cleared.generation,
      reason,
      expiresAtMs: cleared.expiresAtMs,
      extended: false,
    })
    return { record: cleared, how: 'repeated' }
  }
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
