import { takeLease } from '../cache/refresh-lease.js'
import { remember, type AccountContext } from '../state/account-context.js'
import { isRejectedRecord, type AccountState } from '../state/account-state.js'
import { momentOf } from '../time/moment.js'
import { pauseUntilAborted } from '../time/pause.js'
import { changedRecord, type StoredRecord } from '../token-record.js'
import { lookAtCache } from './read-record.js'
import { writeRecord, type WriteTerms } from './write-record.js'

/** Marks a rejected token that could not be replaced in the cache, so that no other process hands it out. */
export async function markRejected<C>(context: AccountContext<C>, terms: WriteTerms): Promise<void> {
  const { state, clock } = context
  const record = unmarked(state)
  if (record === undefined) return
  const seen = momentOf(clock)
  const { rejected } = state.unsettled
  const code = record.value === rejected?.value ? rejected.code : undefined
  const marked = changedRecord(record, { rejectedCode: code ?? 'unknown' })
  const isWritten = (await writeRecord(context, terms, record, marked)) === 'written'
  if (isWritten && state.record?.value === record.value) remember(context, marked, { seen })
}

const givenBackWithinMs = 250

/** Does the same without a refresh, for a rejected token that upstream may not be asked to replace now. */
export async function markUnreplaced<C>(context: AccountContext<C>): Promise<void> {
  const { state, gate, clock, key, closing, isReadonly } = context
  if (unmarked(state) === undefined || isReadonly || closing.reason !== undefined || gate.isSilent()) return
  let taken = await takeLease(gate, clock, key)
  if (taken.kind === 'busy') {
    // Another process may have written the failure that this one has just read, and not yet given the lease back.
    await pauseUntilAborted(clock, givenBackWithinMs, closing.signal, { holdsProcess: true })
    taken = await takeLease(gate, clock, key)
  }
  if (taken.kind === 'busy' || taken.kind === 'unknown') return
  const lease = taken.kind === 'held' ? taken.lease : undefined
  // Without a lease the write itself looks first.
  const isSeen = lease !== undefined && (await lookAtCache(context)).kind !== 'down'
  if (lease === undefined || isSeen) await markRejected(context, { lease, isUp: true, isSeen })
  await lease?.release()
}

/** The record in memory, if it was rejected and does not say so. */
function unmarked(state: AccountState): StoredRecord | undefined {
  const { record } = state
  if (record === undefined || record.rejectedCode !== undefined) return undefined
  return isRejectedRecord(state, record) ? record : undefined
}
