import type { AccountContext } from '../state/account-context.js'
import { coolDownMs, isLimit } from '../failure/policy.js'
import {
  classOfError,
  decodeFailure,
  encodeFailure,
  failureKey,
  inTimeOf,
  withRetryAt,
  type FailureRecord,
} from '../failure/failure-record.js'
import { parentFailure } from './parent-failure.js'
import type { RefreshReason } from '../token-record.js'
import type { UpstreamFailure } from '../upstream/request-token.js'
import { forgetFailure, noteFailure } from '../state/account-state.js'
import { timeLeftMs } from '../time/moment.js'

const dayMs = 86_400_000

/**
 * The failure that forbids a refresh for a reason, from memory or from the shared cache; `undefined` if upstream may be
 * asked.
 */
export async function activeFailure<C>(
  context: AccountContext<C>,
  reason: RefreshReason,
  isUp: boolean,
): Promise<FailureRecord | undefined> {
  const { state, gate, key, spec, upstream } = context
  const nowMs = await gate.sharedNowMs()
  if (state.failure !== undefined && isActive(state.failure, reason, nowMs)) return state.failure
  if (!isUp) return undefined
  const found = await gate.get(failureKey(key))
  const written =
    found.ok && found.value !== undefined
      ? decodeFailure(found.value, { spec, language: upstream.language })
      : undefined
  // A failure that memory knows has already been converted to this host's time.
  const known = state.failure?.writtenRetryAtMs ?? state.failure?.retryAtMs
  if (written === undefined || (written.writtenRetryAtMs ?? written.retryAtMs) === known) return undefined
  const failure = inTimeOf(nowMs, written)
  // A store that could not be written to still holds an older failure. With its count, the cool-downs would never grow.
  const isOlder = state.failure !== undefined && failure.atMs < state.failure.atMs
  if (!isOlder && nowMs - failure.atMs < dayMs) noteFailure(state, failure)
  return isActive(failure, reason, nowMs) ? failure : undefined
}

/** Whether a cool-down lasts. A clock that was set back must not lengthen it. */
function isActive(failure: FailureRecord, reason: RefreshReason, nowMs: number): boolean {
  const { atMs } = failure
  const untilMs = coolsUntilMs(failure, reason)
  return nowMs < untilMs && nowMs > atMs - (untilMs - atMs)
}

/** When a failure's cool-down ends, in Unix milliseconds. A refresh ahead of a live token can wait longer. */
export function coolsUntilMs({ retryAtMs, aheadAtMs = retryAtMs }: FailureRecord, reason: RefreshReason): number {
  return reason === 'ahead' ? aheadAtMs : retryAtMs
}

/**
 * Stores a failure in memory and in the cache. Returns it with its error, which carries the moment of the next attempt.
 *
 * @param reason a refresh ahead is attempted again before the live token expires, even if that is long after its
 * cool-down
 */
export async function startCoolDown<C>(
  context: AccountContext<C>,
  reason: RefreshReason,
  { error, retryAfterMs, codeCoolDownMs }: UpstreamFailure,
  isUp: boolean,
): Promise<FailureRecord> {
  const { state, gate, key, upstream } = context
  const errorClass = classOfError(error)
  const atMs = await gate.sharedNowMs()
  const failures = (state.failure?.failures ?? 0) + 1
  const jitter = upstream.random()
  const waitMs = coolDownMs(errorClass, { failures, jitter, retryAfterMs, codeCoolDownMs })
  const isPatient = reason === 'ahead' && errorClass === 'transient' && retryAfterMs === undefined
  const ownRetryAtMs = Math.ceil(atMs + waitMs)
  // Where the clock was set back since, others count the cool-down from when they read of it, and so does this.
  const lasting = state.failure && isActive(state.failure, 'cold', atMs) ? inTimeOf(atMs, state.failure) : undefined
  const retryAtMs = Math.max(ownRetryAtMs, lasting?.retryAtMs ?? 0)
  // A forced refresh that failed for another reason has not shown that the first problem is solved. A limit always
  // counts.
  if (lasting !== undefined && retryAtMs > ownRetryAtMs && !isLimit(errorClass)) {
    const isMoved = lasting !== state.failure
    noteFailure(state, lasting)
    if (isUp && (isMoved || (await isFailureLost(context))))
      await gate.set(failureKey(key), encodeFailure(lasting), lasting.retryAtMs + dayMs)
    return { ...lasting, error: withRetryAt(error, retryAtMs) }
  }
  const aheadAtMs = Math.ceil(atMs + aheadWaitMs(context, waitMs))
  const failure: FailureRecord = {
    error: withRetryAt(error, retryAtMs),
    errorClass,
    failures,
    atMs,
    retryAtMs,
    ...(isPatient && { aheadAtMs }),
    ...(state.failure?.carried !== undefined && { carried: state.failure.carried }),
  }
  noteFailure(state, failure)
  if (isUp) await gate.set(failureKey(key), encodeFailure(failure), retryAtMs + dayMs)
  return failure
}

/** Whether the store lost a failure: other processes would ask before its cool-down is over. */
async function isFailureLost<C>({ gate, key }: AccountContext<C>): Promise<boolean> {
  const found = await gate.get(failureKey(key))
  return found.ok && found.value === undefined
}

/** While a token lives, wait for 75 % of the time to its deadline, never past it. */
function aheadWaitMs<C>({ state, clock }: AccountContext<C>, waitMs: number): number {
  const leftMs = state.times === undefined ? 0 : timeLeftMs(state.times.deadline, clock)
  return leftMs > 0 ? Math.min(leftMs, Math.max(waitMs, leftMs * 0.75)) : waitMs
}

/** Ends the cool-down after a success. */
export async function endCoolDown<C>({ state, gate, key }: AccountContext<C>, isUp: boolean): Promise<void> {
  if (state.failure === undefined) return
  forgetFailure(state)
  if (isUp) await gate.remove(failureKey(key))
}

/** Whether a failure in memory forbids a refresh for a reason. Needs no I/O. */
export function isCoolingDown<C>({ state, gate, parent }: AccountContext<C>, reason: RefreshReason = 'ahead'): boolean {
  const nowMs = gate.reckonedNowMs()
  if (state.failure !== undefined && isActive(state.failure, reason, nowMs)) return true
  return nowMs < (parentFailure(parent)?.retryAtMs ?? 0)
}
