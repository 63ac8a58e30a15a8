import { keep, type AccountContext } from './account-context.js'
import { heldTokens, isRejectedRecord, timeLeftMs, type FlightOutcome } from './cell.js'
import type { Demand, Landing, RefreshTerms } from './demand.js'
import { assertNoDuel, duelsAfter } from './duel.js'
import { forgetFailure, keepFailure } from './failure-memory.js'
import { repeatedRejection } from './repeated-rejection.js'
import { changedRecord, storedRecord, type StoredRecord } from './token-record.js'
import { requestToken, type FreshToken } from './upstream.js'
import { scheduleWriteBack } from './write-back.js'
import { markRejected, writeRecord } from './write-record.js'

/** Asks upstream and brings the answer home: into the cache by a fenced write, into memory, and out as an event. */
export async function land<C>(context: AccountContext<C>, demand: Demand, terms: RefreshTerms): Promise<Landing> {
  const { cell, clock, spec } = context
  await assertNoDuel(context, demand, terms)
  const base = cell.record
  const { clears } = cell
  const answer = await requestToken(spec, context.credentials, context.upstream, {
    signal: context.closing,
    endsAtMonotonicMs: terms.endsAtMonotonicMs,
    mayRepeat: demand.reason !== 'ahead',
    tokens: heldTokens(cell),
  })
  context.closing.throwIfAborted()
  if (cell.clears !== clears) {
    if (terms.lease !== 'unavailable') await terms.lease.release()
    return 'superseded'
  }
  if ('error' in answer)
    return fail(context, demand, terms, await keepFailure(context, demand.reason, answer, terms.isUp))
  if (isRejectedAgain(context, base, answer)) return repeatedRejection(context, demand, terms, answer)

  const sentAtMs = (await context.gate.sharedNowMs()) - (clock.monotonic() - answer.sentAtMonotonicMs)
  const next = nextRecord(context, demand, base, answer, Math.round(sentAtMs))
  const isWritten = await writeRecord(context, terms, base, next)
  if (isWritten === 'superseded') {
    context.emit('lease-lost', { reason: demand.reason })
    return 'superseded'
  }
  cell.isUnwritten = !isWritten
  await keep(context, next)
  await forgetFailure(context, terms.isUp)
  if (!isWritten) scheduleWriteBack(context)
  return announce(context, demand, base, next, clock.monotonic() - answer.sentAtMonotonicMs)
}

function isRejectedAgain<C>(
  { cell }: AccountContext<C>,
  base: StoredRecord | undefined,
  { value }: FreshToken,
): boolean {
  return value === cell.rejected?.value || (base?.value === value && isRejectedRecord(cell, base))
}

/** The record that an answer makes of the one before it. */
function nextRecord<C>(
  context: AccountContext<C>,
  { reason }: Demand,
  base: StoredRecord | undefined,
  { value, lifeMs }: FreshToken,
  sentAtMs: number,
): StoredRecord {
  const { cell, clock, spec, fingerprint, writer } = context
  const expiresAtMs = sentAtMs + Math.max(1, Math.round(lifeMs))
  if (base?.value !== value) {
    const duels = duelsAfter(context, reason, base)
    const generation = Math.max(base?.generation ?? 0, cell.lastGeneration) + 1
    const fields = { value, generation, issuedAtMs: sentAtMs, expiresAtMs, fingerprint, writer, reason }
    return storedRecord({ ...fields, ...(duels > 0 && { duels }) })
  }
  const isDead = cell.times !== undefined && timeLeftMs(cell.times.expiry, clock) <= 0
  if (spec.renewal.mode === 'extend' || isDead) {
    return storedRecord({ ...base, value, issuedAtMs: sentAtMs, expiresAtMs, writer, reason })
  }
  // The same token lives no longer for being asked for, whatever the answer says.
  return changedRecord(base, { expiresAtMs: Math.min(base.expiresAtMs, expiresAtMs), repeatedAtMs: sentAtMs })
}

async function fail<C>(
  context: AccountContext<C>,
  { reason }: Demand,
  { lease, isUp }: RefreshTerms,
  { error }: Awaited<ReturnType<typeof keepFailure>>,
): Promise<never> {
  await markRejected(context, { lease, isUp })
  context.emit('refresh-failed', { reason, error })
  throw error
}

function announce<C>(
  { cell, emit }: AccountContext<C>,
  { reason, note }: Demand,
  base: StoredRecord | undefined,
  record: StoredRecord,
  upstreamMs: number,
): FlightOutcome {
  const { generation, issuedAtMs, expiresAtMs } = record
  if (base?.value === record.value) {
    emit('same-token', { generation, reason, expiresAtMs, extended: record.repeatedAtMs === undefined })
    return { record: cell.record ?? record, how: 'repeated' }
  }
  emit('refreshed', { generation, reason, issuedAtMs, expiresAtMs, upstreamMs, ...(note !== undefined && { note }) })
  return { record, how: 'fetched' }
}
