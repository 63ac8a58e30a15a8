import { keep, lookAtCache, type AccountContext } from '../state/account-context.js'
import { isRejectedRecord, type Cell } from '../state/account-state.js'
import { giveBack, takeLease } from '../cache/refresh-lease.js'
import { changedRecord, type StoredRecord } from '../token-record.js'
import { writeRecord, type WriteTerms } from './write-record.js'
import { momentOf } from '../time/moment.js'

/** A refused token that could not be replaced is marked in the cache, so that no other process hands it out. */
export async function markRejected<C>(context: AccountContext<C>, terms: WriteTerms): Promise<void> {
  const { cell, clock } = context
  const record = unmarked(cell)
  if (record === undefined) return
  const seen = momentOf(clock)
  const code = record.value === cell.rejected?.value ? cell.rejected.code : undefined
  const marked = changedRecord(record, { rejectedCode: code ?? 'unknown' })
  const isWritten = (await writeRecord(context, terms, record, marked)) === true
  if (isWritten && cell.record?.value === record.value) keep(context, marked, { seen })
}

/** The same where upstream was not even asked for another one, because nobody may ask it just now. */
export async function markUnreplaced<C>(context: AccountContext<C>): Promise<void> {
  const { cell, gate, clock, key, closing, isReadonly } = context
  if (unmarked(cell) === undefined || isReadonly || closing.aborted || gate.isSilent()) return
  const lease = await takeLease(gate, clock, key)
  if (lease === 'busy' || lease === 'unknown') return
  if (lease === 'unavailable' || (await lookAtCache(context)) !== 'down') {
    await markRejected(context, { lease, isUp: true })
  }
  await giveBack(lease)
}

/** The record in memory, if it was refused and does not say so. */
function unmarked(cell: Cell): StoredRecord | undefined {
  const { record } = cell
  if (record === undefined || record.rejectedCode !== undefined) return undefined
  return isRejectedRecord(cell, record) ? record : undefined
}
