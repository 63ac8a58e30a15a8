import { keep, readCache, type AccountContext } from '../state/account-context.js'
import { isRejected } from '../state/account-state.js'
import { giveBack, takeLease } from '../cache/refresh-lease.js'
import { onAbort } from '../time/on-abort.js'
import { changedRecord, isRenewed, type StoredRecord } from '../token-record.js'
import { writeRecord } from './write-record.js'
import { hasCome, momentOf } from '../time/moment.js'

/** A store that came back is found within this time, so that sharing resumes within ten seconds. */
const betweenTriesMs = 4000

/** Brings a record that could not be written into the cache once it answers again, if it is still the newest. */
export function scheduleWriteBack<C>(context: AccountContext<C>): void {
  const { clock, closing, cell } = context
  if (cell.isWriteBackPlanned) return
  cell.isWriteBackPlanned = true
  const timer = clock.setTimer(
    () => {
      forgetClosing()
      void writeBack(context).then((isDone) => {
        cell.isWriteBackPlanned = false
        if (closing.aborted) cell.isUnwritten = false
        // A record that could not be written either may have come meanwhile.
        else if (!isDone || cell.isUnwritten) scheduleWriteBack(context)
      })
    },
    betweenTriesMs * (1 + context.spread / 4),
  )
  const forgetClosing = onAbort(closing, () => {
    timer.cancel()
    cell.isWriteBackPlanned = false
    cell.isUnwritten = false
  })
}

/** The store has lost a record that lives on here, and holds none, or one from before it: it gets it back. */
export function writeBackIfAlive<C>(context: AccountContext<C>): void {
  const { cell, clock, isReadonly } = context
  if (
    isReadonly ||
    cell.isUnwritten ||
    cell.times === undefined ||
    isRejected(cell) ||
    hasCome(cell.times.deadline, clock)
  )
    return
  cell.isUnwritten = true
  scheduleWriteBack(context)
}

/** @returns Whether nothing is left to be written. */
async function writeBack<C>(context: AccountContext<C>): Promise<boolean> {
  const { cell, gate, clock, key } = context
  const isWritten = (): boolean => !cell.isUnwritten
  if (isWritten() || cell.record === undefined) return true
  // What a refresh under way brings is the one to write.
  if (cell.flight !== undefined) return false
  let stored = await readCache(context)
  const unwritten = cell.record
  if (stored === 'down' || cell.isUntimed) return false
  // A newer one was there, and is in memory now; or it was refused or forgotten meanwhile.
  if (isWritten()) return true
  if (isStored(unwritten, stored)) {
    cell.isUnwritten = false
    return true
  }
  const lease = await takeLease(gate, clock, key)
  if (lease === 'busy' || lease === 'unknown') return false
  if (lease !== 'unavailable') stored = await readCache(context)
  if (isWritten() || cell.record !== unwritten || stored === 'down') {
    await giveBack(lease)
    return isWritten()
  }
  const next = afterStored(unwritten, stored)
  const seen = momentOf(clock)
  const written = await writeRecord(context, { lease, isUp: true }, unwritten, next)
  if (written === true && cell.record === unwritten) {
    cell.isUnwritten = false
    keep(context, next, { seen })
  }
  return !cell.isUnwritten
}

/** It got there after all: the store's word on that was lost. */
function isStored(record: StoredRecord, stored: StoredRecord | string): boolean {
  return typeof stored !== 'string' && stored.value === record.value && !isRenewed(record, stored)
}

/** No two tokens have one generation: an older one that got into the store meanwhile keeps its own. */
function afterStored(record: StoredRecord, stored: StoredRecord | string): StoredRecord {
  if (typeof stored === 'string') return record
  const least = stored.value === record.value ? stored.generation : stored.generation + 1
  return least <= record.generation ? record : changedRecord(record, { generation: least })
}
