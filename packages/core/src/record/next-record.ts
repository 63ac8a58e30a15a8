import type { AccountContext } from '../state/account-context.js'
import type { AccountState } from '../state/account-state.js'
import { knownLife } from './repeated-life.js'
import { changedRecord, storedRecord, type RefreshReason, type StoredRecord } from '../token-record.js'
import type { FreshToken } from '../upstream/request-token.js'

/**
 * The record that follows from a response and the record before it.
 *
 * @param nowMs the current time on the clock that all processes that share the cache go by
 */
export function nextRecord<C>(
  context: AccountContext<C>,
  reason: RefreshReason,
  base: StoredRecord | undefined,
  fresh: FreshToken,
  nowMs: number,
): StoredRecord {
  const { state, gate, spec, writer } = context
  const { value, sentAt, lifetimeProblem } = fresh
  const ageMs = gate.msSince(sentAt)
  const issuedAtMs = Math.round(nowMs - ageMs)
  const isToldBefore = lifetimeProblem !== undefined && isTold(base, value)
  // A lifetime that upstream once reported for this token is better than a guess.
  const lifeMs = isToldBefore ? Math.max(fresh.lifeMs, base.expiresAtMs - issuedAtMs) : fresh.lifeMs
  const trustedMs = Math.min(lifeMs, spec.renewal.trustSeconds * 1000)
  const expiresAtMs = issuedAtMs + Math.max(1, Math.round(trustedMs))
  const carried = base?.carried && { carried: base.carried }
  const guess = lifetimeProblem !== undefined && { isLifetimeAssumed: true as const }
  const received = { value, issuedAtMs, expiresAtMs, writer, reason, ...carried, ...guess }
  if (base?.value !== value) {
    const duels = youngRejectionsWith(context, reason, base)
    const generation = fresh.generation ?? Math.max(base?.generation ?? 0, state.lastGeneration) + 1
    return storedRecord({ ...received, generation, ...(duels > 0 && { duels }) })
  }
  const generation = fresh.generation ?? repeatedGeneration(state, base)
  const known = knownLife(context, base, { nowMs, ageMs, issuedAtMs, expiresAtMs, lifeMs, isToldBefore })
  if (known !== undefined) return changedRecord(base, { ...known, generation, repeatedAtMs: issuedAtMs })
  const { isLifetimeAssumed: _, ...rest } = base
  return storedRecord({ ...rest, ...received, generation })
}

/** The generation of a token that upstream gives again. If the store has not taken it yet, it is at least the highest that was seen. */
function repeatedGeneration(
  { lastGeneration, record, unsettled }: AccountState,
  { generation, value }: StoredRecord,
): number {
  return unsettled.isUnwritten && record?.value === value ? Math.max(generation, lastGeneration) : generation
}

/** A token that is rejected below this age was young: it has not expired, but another party replaced it. */
const youngBelowMs = 10 * 60_000

/** Number of young tokens in a row that were rejected, with `base` if it is young and `reason` is its rejection. */
export function youngRejectionsWith<C>(
  { gate }: AccountContext<C>,
  reason: RefreshReason,
  base: StoredRecord | undefined,
): number {
  if (base === undefined || reason !== 'rejected') return 0
  return gate.reckonedNowMs() - base.issuedAtMs < youngBelowMs ? (base.duels ?? 0) + 1 : 0
}

/** Whether upstream once reported the token's lifetime. */
function isTold(base: StoredRecord | undefined, value: string): base is StoredRecord {
  return base?.value === value && base.isLifetimeAssumed === undefined
}
