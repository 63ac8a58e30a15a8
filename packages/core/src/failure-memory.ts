import type { AccountContext } from './account-context.js'
import { timeLeftMs } from './cell.js'
import { isLingpaiError } from './errors.js'
import { coolDownMs } from './failure-policy.js'
import {
  classOfError,
  decodeFailure,
  encodeFailure,
  failureKey,
  inTimeOf,
  withRetryAt,
  type FailureRecord,
} from './failure-record.js'
import type { RefreshReason } from './token-record.js'
import type { UpstreamFailure } from './upstream.js'

const dayMs = 86_400_000

/** The failure whose cool-down lasts, from memory or from the cache that all share; `undefined` when anybody may ask. */
export async function activeFailure<C>(context: AccountContext<C>, isUp: boolean): Promise<FailureRecord | undefined> {
  const { cell, gate, key } = context
  const nowMs = await gate.sharedNowMs()
  if (cell.failure !== undefined && isActive(cell.failure, nowMs)) return cell.failure
  if (!isUp) return undefined
  const found = await gate.get(failureKey(key))
  const written = found.ok && found.value !== undefined ? decodeFailure(found.value) : undefined
  // One that memory knows has been judged already, in this host's time.
  const known = cell.failure?.writtenRetryAtMs ?? cell.failure?.retryAtMs
  if (written === undefined || written.retryAtMs === known) return undefined
  const failure = inTimeOf(nowMs, written)
  if (nowMs - failure.atMs < dayMs) cell.failure = failure
  return isActive(failure, nowMs) ? failure : undefined
}

/** A clock that was set back must not lengthen the cool-down. */
function isActive({ atMs, retryAtMs }: FailureRecord, nowMs: number): boolean {
  return nowMs < retryAtMs && nowMs > atMs - (retryAtMs - atMs)
}

/**
 * Keeps a failure in memory and in the cache, and gives back its error with the moment of the next try.
 *
 * @param reason a refresh ahead of a living token comes back before that token dies, not after its cool-down
 */
export async function keepFailure<C>(
  context: AccountContext<C>,
  reason: RefreshReason,
  { error, retryAfterMs, codeCoolDownMs }: UpstreamFailure,
  isUp: boolean,
): Promise<FailureRecord> {
  const { cell, gate, key, upstream } = context
  const errorClass = classOfError(error)
  const atMs = await gate.sharedNowMs()
  const failures = (cell.failure?.failures ?? 0) + 1
  const spread = upstream.random()
  const waitMs = coolDownMs(errorClass, { failures, spread, retryAfterMs, codeCoolDownMs })
  const isPatient = reason === 'ahead' && errorClass === 'transient' && retryAfterMs === undefined
  const retryAtMs = Math.ceil(atMs + (isPatient ? aheadWaitMs(context, waitMs) : waitMs))
  const failure = { error: withRetryAt(error, retryAtMs), errorClass, failures, atMs, retryAtMs }
  cell.failure = failure
  if (isUp) await gate.set(failureKey(key), encodeFailure(failure), retryAtMs + dayMs)
  return failure
}

/** While a token lives there is no hurry: most of what is left to its deadline is let go by, but not the deadline. */
function aheadWaitMs<C>({ cell, clock }: AccountContext<C>, waitMs: number): number {
  const leftMs = cell.times === undefined ? 0 : timeLeftMs(cell.times.deadline, clock)
  return leftMs > 0 ? Math.min(leftMs, Math.max(waitMs, leftMs * 0.75)) : waitMs
}

/** After a success: nobody has to wait any longer. */
export async function forgetFailure<C>({ cell, gate, key }: AccountContext<C>, isUp: boolean): Promise<void> {
  if (cell.failure === undefined) return
  cell.failure = undefined
  if (isUp) await gate.remove(failureKey(key))
}

/** Whether a failure in memory still keeps this process from asking; needs no I/O. */
export function isCoolingDown<C>({ cell, clock }: AccountContext<C>): boolean {
  return cell.failure !== undefined && isLingpaiError(cell.failure.error) && isActive(cell.failure, clock.now())
}
