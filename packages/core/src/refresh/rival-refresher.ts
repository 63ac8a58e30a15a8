import type { AccountContext } from '../state/account-context.js'
import { PlatformError } from '../errors.js'
import { startCoolDown } from './cool-down.js'
import type { AttemptTerms } from './attempt.js'
import type { Demand } from './demand.js'
import { pause } from '../time/pause.js'
import { youngRejectionsWith } from '../record/next-record.js'

/** Number of rejected young tokens in a row from which on a rival is assumed. */
const rejectionsToBackOff = 3
const firstBackOffMs = 1000
const longestBackOffMs = 60_000

/**
 * Slows down a refresh that competes with a rival. Two parties that refresh the same account invalidate each other's
 * tokens, faster with each attempt. From the third rejected young token on, each refresh waits longer after the one
 * before.
 *
 * @throws PlatformError `token-invalid` if the wait is longer than this refresh may take
 */
export async function giveWayToRival<C>(
  context: AccountContext<C>,
  { reason }: Demand,
  terms: AttemptTerms,
): Promise<void> {
  const { state, clock, spec, gate } = context
  const { record } = state
  const { rejected } = state.unsettled
  const rejections = youngRejectionsWith(context, reason, record)
  if (record === undefined || rejections < rejectionsToBackOff) return
  const backOffMs = Math.min(firstBackOffMs * 2 ** Math.min(rejections - rejectionsToBackOff, 10), longestBackOffMs)
  const nowMs = gate.reckonedNowMs()
  const retryAtMs = Math.min(record.issuedAtMs, nowMs) + backOffMs
  context.emit('foreign-refresh', { generation: record.generation, rejections, retryAtMs })
  const waitMs = retryAtMs - nowMs
  if (waitMs <= 0) return
  if (clock.monotonic() + waitMs < terms.endsAtMonotonicMs) {
    await pause(clock, waitMs, { signal: context.closing.signal, holdsProcess: true })
    return
  }
  const error = new PlatformError(
    `${spec.id}: ${rejections} young tokens in a row were rejected: another party refreshes this account`,
    {
      provider: spec.id,
      endpoint: 'api',
      platformCode: rejected?.code ?? 'unknown',
      platformMessage: '',
      errorClass: 'token-invalid',
    },
    { retryable: true, hint: 'Find the other program that fetches tokens of this account and let it use this cache.' },
  )
  const failure = await startCoolDown(context, reason, { error, codeCoolDownMs: waitMs }, terms.isUp)
  throw failure.error
}
