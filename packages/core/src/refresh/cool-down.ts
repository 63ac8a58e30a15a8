import { deadlineOf } from '../state/local-times.js'
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
import type { RefreshReason } from '../token-record.js'
import type { FailureSummary, TokenSource } from '../token-source.js'
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
  const { state, gate } = context
  const nowMs = await gate.sharedNowMs()
  if (state.unsettled.failure !== undefined && isActive(state.unsettled.failure, reason, nowMs))
    return state.unsettled.failure
  const look = isUp ? await lookForFailure(context, nowMs) : undefined
  return look?.kind === 'learned' && isActive(look.failure, reason, nowMs) ? look.failure : undefined
}

/**
 * What a look at the store found.
 *
 * - `missing`: no failure
 * - `known`: the one that memory knows
 * - `learned`: another one
 * - `down`: no response
 */
type FailureLook =
  { readonly kind: 'missing' | 'known' | 'down' } | { readonly kind: 'learned'; readonly failure: FailureRecord }

/** Reads the failure that other processes have stored, and takes it over unless memory knows of a later one. */
async function lookForFailure<C>(context: AccountContext<C>, nowMs: number): Promise<FailureLook> {
  const { state, gate, key, spec, upstream } = context
  const found = await gate.get(failureKey(key))
  if (!found.ok) return { kind: 'down' }
  const wording = { spec, language: upstream.language }
  const written = found.value === undefined ? undefined : decodeFailure(found.value, wording)
  if (written === undefined) return { kind: 'missing' }
  // A failure that memory knows has already been converted to this host's time.
  const known = state.unsettled.failure?.writtenRetryAtMs ?? state.unsettled.failure?.retryAtMs
  if ((written.writtenRetryAtMs ?? written.retryAtMs) === known) return { kind: 'known' }
  const failure = inTimeOf(nowMs, written)
  // A store that could not be written to still holds an older failure. With its count, the cool-downs would never grow.
  const isOlder = state.unsettled.failure !== undefined && failure.atMs < state.unsettled.failure.atMs
  if (!isOlder && nowMs - failure.atMs < dayMs) noteFailure(state, failure)
  return { kind: 'learned', failure }
}

/** The moments of a failure. */
type CoolDown = Pick<FailureRecord, 'atMs' | 'retryAtMs' | 'aheadAtMs'>

/** Whether a cool-down lasts. A clock that was set back must not lengthen it. */
function isActive(failure: CoolDown, reason: RefreshReason, nowMs: number): boolean {
  const { atMs } = failure
  const untilMs = coolsUntilMs(failure, reason)
  return nowMs < untilMs && nowMs > atMs - (untilMs - atMs)
}

/** When a failure's cool-down ends, in Unix milliseconds. A refresh ahead of a live token can wait longer. */
export function coolsUntilMs({ retryAtMs, aheadAtMs = retryAtMs }: CoolDown, reason: RefreshReason): number {
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
  upstreamFailure: UpstreamFailure,
  isUp: boolean,
): Promise<FailureRecord> {
  const { state, gate, key } = context
  const atMs = await gate.sharedNowMs()
  const failures = (state.unsettled.failure?.failures ?? 0) + 1
  // Another process may have learned of a limit meanwhile.
  const look = isUp ? await lookForFailure(context, atMs) : undefined
  const store = async ({ writtenRetryAtMs: _, ...failure }: FailureRecord): Promise<void> => {
    noteFailure(state, failure)
    if (isUp) await gate.set(failureKey(key), encodeFailure(failure), failure.retryAtMs + dayMs)
  }
  const own = failureOf(context, reason, upstreamFailure, { atMs, failures })
  const lasting = longestCoolDown(atMs, state.unsettled.failure, look?.kind === 'learned' ? look.failure : undefined)
  if (lasting === undefined || lasting.retryAtMs <= own.retryAtMs) {
    await store(own)
    return own
  }
  const { retryAtMs } = lasting
  const error = withRetryAt(own.error, retryAtMs)
  if (isLimit(own.errorClass)) {
    const prolonged = { ...own, retryAtMs, error }
    await store(prolonged)
    return prolonged
  }
  // A failure for another reason has not shown that the first problem is solved. What the store lost is given back.
  if (look?.kind === 'missing' || lasting !== state.unsettled.failure) await store(lasting)
  return { ...lasting, error }
}

/**
 * The failure whose cool-down lasts longest, if one lasts. Where the clock was set back since, others count the cool-down from when
 * they read of it, and so does this.
 */
function longestCoolDown(
  nowMs: number,
  ...failures: readonly (FailureRecord | undefined)[]
): FailureRecord | undefined {
  const [longest] = failures
    .flatMap((failure) => (failure && isActive(failure, 'cold', nowMs) ? [inTimeOf(nowMs, failure)] : []))
    .sort((a, b) => b.retryAtMs - a.retryAtMs)
  return longest
}

function failureOf<C>(
  context: AccountContext<C>,
  reason: RefreshReason,
  { error, retryAfterMs, codeCoolDownMs }: UpstreamFailure,
  { atMs, failures }: Pick<FailureRecord, 'atMs' | 'failures'>,
): FailureRecord {
  const { state, upstream } = context
  const errorClass = classOfError(error)
  const waitMs = coolDownMs(errorClass, { failures, jitter: upstream.random(), retryAfterMs, codeCoolDownMs })
  const isPatient = reason === 'ahead' && errorClass === 'transient' && retryAfterMs === undefined
  const retryAtMs = Math.ceil(atMs + waitMs)
  return {
    error: withRetryAt(error, retryAtMs),
    errorClass,
    failures,
    atMs,
    retryAtMs,
    ...(isPatient && { aheadAtMs: Math.ceil(atMs + aheadWaitMs(context, waitMs)) }),
    ...(state.unsettled.failure?.carried !== undefined && { carried: state.unsettled.failure.carried }),
  }
}

/** While a token lives, wait for 75 % of the time to its deadline, never past it. */
function aheadWaitMs<C>({ state, clock }: AccountContext<C>, waitMs: number): number {
  const leftMs = state.times === undefined ? 0 : timeLeftMs(deadlineOf(state.times), clock)
  return leftMs > 0 ? Math.min(leftMs, Math.max(waitMs, leftMs * 0.75)) : waitMs
}

/** Ends the cool-down after a success. */
export async function endCoolDown<C>({ state, gate, key }: AccountContext<C>, isUp: boolean): Promise<void> {
  if (state.unsettled.failure === undefined) return
  forgetFailure(state)
  if (isUp) await gate.remove(failureKey(key))
}

/** How long a failure in memory, its own or its parent's, still forbids a refresh for a reason, milliseconds. Needs no I/O. */
export function coolDownLeftMs<C>({ state, gate, parent }: AccountContext<C>, reason: RefreshReason): number {
  const nowMs = gate.reckonedNowMs()
  const leftMs = [state.unsettled.failure, parentFailure(parent)].map((failure) =>
    failure !== undefined && isActive(failure, reason, nowMs) ? coolsUntilMs(failure, reason) - nowMs : 0,
  )
  return Math.max(...leftMs)
}

/** Whether a failure in memory forbids a refresh ahead. Needs no I/O. */
export function isCoolingDown<C>(context: AccountContext<C>): boolean {
  return coolDownLeftMs(context, 'ahead') > 0
}

/** Why the parent of a derived account has no usable token; `undefined` if it has one, or the account has no parent. */
export function parentFailure(parent: TokenSource | undefined): FailureSummary | undefined {
  const status = parent?.status()
  return status?.state === 'failing' ? status.lastFailure : undefined
}
