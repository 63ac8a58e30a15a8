import { takeLease } from '../cache/refresh-lease.js'
import { remember, type AccountContext } from '../state/account-context.js'
import { isRejected, noteUnwritten, noteWritten, planWrite } from '../state/account-state.js'
import { hasCome, momentOf } from '../time/moment.js'
import { onAbort } from '../time/on-abort.js'
import { changedRecord, type StoredRecord } from '../token-record.js'
import { lookAtCache, type Look } from './read-record.js'
import { isRenewed } from './record-order.js'
import { writeRecord } from './write-record.js'

/** A store that came back is found within this time, so that sharing resumes within ten seconds. */
const betweenTriesMs = 4000

/** Brings a record that could not be written into the cache once it answers again, if it is still the newest. */
export function deferWrite<C>(context: AccountContext<C>): void {
  const { clock, closing, state } = context
  if (state.isWritePlanned) return
  planWrite(state, true)
  const timer = clock.setTimer(
    () => {
      forgetClosing()
      void writeLate(context).then((isDone) => {
        planWrite(state, false)
        if (closing.aborted) noteWritten(state)
        // Another record that could not be written may have come meanwhile.
        else if (!isDone || state.isUnwritten) deferWrite(context)
      })
    },
    betweenTriesMs * (1 + context.jitter / 4),
  )
  const forgetClosing = onAbort(closing, () => {
    timer.cancel()
    planWrite(state, false)
    noteWritten(state)
  })
}

/** Writes the record in memory again if the store lost it, or holds an older one. */
export function deferWriteIfAlive<C>(context: AccountContext<C>): void {
  const { state, clock, isReadonly } = context
  if (isReadonly || state.isUnwritten || state.times === undefined) return
  if (isRejected(state) || hasCome(state.times.deadline, clock)) return
  noteUnwritten(state)
  deferWrite(context)
}

/** @returns Whether nothing is left to be written. */
async function writeLate<C>(context: AccountContext<C>): Promise<boolean> {
  const { state, gate, clock, key } = context
  const isWritten = (): boolean => !state.isUnwritten
  if (isWritten() || state.record === undefined) return true
  // The record that a refresh under way brings is the one to write.
  if (state.refresh !== undefined) return false
  let look = await lookAtCache(context)
  const unwritten = state.record
  if (look.kind === 'down' || state.isUntimed) return false
  // A newer one was there, and is in memory now; or it was rejected or forgotten meanwhile.
  if (isWritten()) return true
  if (isStored(unwritten, look)) {
    noteWritten(state)
    return true
  }
  const taken = await takeLease(gate, clock, key)
  if (taken.kind === 'busy' || taken.kind === 'unknown') return false
  const lease = taken.kind === 'held' ? taken.lease : undefined
  if (lease !== undefined) look = await lookAtCache(context)
  if (isWritten() || state.record !== unwritten || look.kind === 'down') {
    await lease?.release()
    return isWritten()
  }
  const next = afterStored(unwritten, look)
  const seen = momentOf(clock)
  const written = await writeRecord(context, { lease, isUp: true, isSeen: true }, unwritten, next)
  if (written === 'written' && state.record === unwritten) {
    noteWritten(state)
    remember(context, next, { seen })
  }
  return !state.isUnwritten
}

/** The record is in the store: only the response to an earlier write was lost. */
function isStored(record: StoredRecord, look: Look): boolean {
  return look.kind === 'found' && look.record.value === record.value && !isRenewed(record, look.record)
}

/** No two tokens have the same generation: an older one that reached the store meanwhile keeps its own. */
function afterStored(record: StoredRecord, look: Look): StoredRecord {
  if (look.kind !== 'found') return record
  const { value, generation } = look.record
  const least = value === record.value ? generation : generation + 1
  return least <= record.generation ? record : changedRecord(record, { generation: least })
}
