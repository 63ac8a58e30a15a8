import { deadlineOf } from '../state/local-times.js'
import { takeLease } from '../cache/refresh-lease.js'
import { remember, type AccountContext } from '../state/account-context.js'
import { isRejected, noteUnwritten, noteWritten, planWrite } from '../state/account-state.js'
import { hasCome, momentOf } from '../time/moment.js'
import { pause } from '../time/pause.js'
import { changedRecord, type StoredRecord } from '../token-record.js'
import { lookAtCache, type Look } from './read-record.js'
import { isRenewed } from './record-order.js'
import { writeRecord } from './write-record.js'

/** A store that came back is found within this time, so that sharing resumes within ten seconds. */
const betweenTriesMs = 4000
/** While other processes pass the lease on, a try comes as often as theirs: what they ask for may be this very record. */
const betweenBusyTriesMs = 250

/** Brings a record that could not be written into the cache once it answers again, if it is still the newest. */
export function deferWrite<C>(context: AccountContext<C>, delayMs = betweenTriesMs): void {
  const { clock, closing, state } = context
  if (state.unsettled.isWritePlanned) return
  planWrite(state, true)
  const waited = closing.during(() => pause(clock, delayMs * (1 + context.jitter / 4), { signal: closing.signal }))
  const written = waited.then(() => writeLate(context)).catch(() => 'done' as const)
  void written.then((outcome) => {
    planWrite(state, false)
    if (closing.reason !== undefined) noteWritten(state)
    // Another record that could not be written may have come meanwhile.
    else if (outcome === 'busy') deferWrite(context, betweenBusyTriesMs)
    else if (outcome === 'pending' || state.unsettled.isUnwritten) deferWrite(context)
  })
}

/** Writes the record in memory again if the store lost it, or holds an older one. */
export function deferWriteIfAlive<C>(context: AccountContext<C>): void {
  const { state, clock, isReadonly } = context
  if (isReadonly || state.unsettled.isUnwritten || state.times === undefined) return
  if (isRejected(state) || hasCome(deadlineOf(state.times), clock)) return
  noteUnwritten(state)
  deferWrite(context)
}

/** Tries the write once. `done`: nothing is left to write; `busy`: another process holds the lease. */
async function writeLate<C>(context: AccountContext<C>): Promise<'done' | 'busy' | 'pending'> {
  const { state, gate, clock, key } = context
  const isWritten = (): boolean => !state.unsettled.isUnwritten
  if (isWritten() || state.record === undefined) return 'done'
  // The record that a refresh under way brings is the one to write.
  if (state.unsettled.refresh !== undefined) return 'pending'
  let look = await lookAtCache(context)
  const unwritten = state.record
  if (look.kind === 'down' || state.unsettled.isUntimed) return 'pending'
  // A newer one was there, and is in memory now; or it was rejected or forgotten meanwhile.
  if (isWritten()) return 'done'
  if (isStored(unwritten, look)) {
    noteWritten(state)
    return 'done'
  }
  const taken = await takeLease(gate, clock, key)
  if (taken.kind === 'busy') return 'busy'
  if (taken.kind === 'unknown') return 'pending'
  const lease = taken.kind === 'held' ? taken.lease : undefined
  if (lease !== undefined) look = await lookAtCache(context)
  if (isWritten() || state.record !== unwritten || look.kind === 'down') {
    await lease?.release()
    return isWritten() ? 'done' : 'pending'
  }
  const next = afterStored(unwritten, look)
  const seen = momentOf(clock)
  const written = await writeRecord(context, { lease, isUp: true, isSeen: true }, unwritten, next)
  if (written === 'written' && state.record === unwritten) {
    noteWritten(state)
    remember(context, next, { seen })
  }
  return state.unsettled.isUnwritten ? 'pending' : 'done'
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
