import { CacheError } from '../errors.js'
import { remember, type AccountContext } from '../state/account-context.js'
import {
  forgetFailure,
  isRejected,
  markRecord,
  noteGeneration,
  noteHeard,
  noteReadAt,
  noteRejectedValue,
  noteSeenAt,
  noteWritten,
  putInTime,
  raiseGeneration,
  type AccountState,
} from '../state/account-state.js'
import { momentOf, msSince, type Moment } from '../time/moment.js'
import { decodeRecord, type StoredRecord } from '../token-record.js'
import { doubtOf, isFromBeforeSetBack, isHeldOwn, laterByMs, setBackSince } from './record-age.js'
import { isRenewed, orderOf, type OrderFacts } from './record-order.js'

/** Outcome of a look at the cache: a record, no usable record, or no response. */
export type Look =
  { readonly kind: 'found'; readonly record: StoredRecord } | { readonly kind: 'missing' } | { readonly kind: 'down' }

/**
 * Reads the cache and takes over a record that counts more than the one in memory. A malformed entry counts as missing,
 * and emits an event.
 */
export async function lookAtCache<C>(context: AccountContext<C>): Promise<Look> {
  const { state, gate, clock } = context
  const { readAt } = state
  const { clears } = state.unsettled
  const read = await readOnTime(context)
  if (read === undefined) return { kind: 'down' }
  const { text, seen } = read
  noteReadAt(state, seen)
  const record = text === undefined ? undefined : readRecord(context, text)
  if (text !== undefined && record === undefined)
    context.emit('cache-failed', { error: damaged(context), repeated: false })
  if (record !== undefined) {
    noteHeard(state, record.value)
    // A rejection counts even if the time on the record's clock is unknown.
    if (!isReadBefore(state, record, seen)) markRecord(state, record)
  }
  const noteSeen = (): void => {
    if (state.unsettled.clears === clears) noteSeenAt(state, seen)
  }
  // If the cache holds another token, the one in memory has not been seen until it is known which of them counts.
  if (record === undefined || record.value === state.record?.value) noteSeen()
  if (record === undefined && !state.unsettled.isUntimed) return { kind: 'missing' }
  await gate.sharedNowMs()
  if (!gate.isTimeKnown()) {
    // The record is not taken over, but upstream may give this very token.
    if (record?.rejectedCode !== undefined && record.value !== state.record?.value)
      noteRejectedValue(state, record.value)
    return { kind: 'down' }
  }
  putInTime(state, gate.reckonedEarliestMs(), clock)
  if (record === undefined) return { kind: 'missing' }
  if (state.unsettled.clears === clears) takeOver(context, record, seen, setBackSince(context, readAt, record))
  noteSeen()
  return { kind: 'found', record }
}

/** A response that is this much later than the limit came before a stop of the process. */
const stopMs = 1000
const mostReads = 3

/** Reads the entry, with the start of the read. Reads again if the process was stopped during the read. */
async function readOnTime<C>(
  context: AccountContext<C>,
): Promise<{ readonly text: string | undefined; readonly seen: Moment } | undefined> {
  const { state, gate, key, clock } = context
  let found: { readonly text: string; readonly seen: Moment } | undefined
  for (let tries = 1; ; tries += 1) {
    const seen = momentOf(clock)
    const read = await gate.get(key)
    // A record that may have been replaced since is better than none.
    if (!read.ok) return found
    const text = read.value
    if (tries === mostReads || msSince(seen, clock) <= gate.timeoutMs + stopMs) return { text, seen }
    found = text === undefined ? undefined : { text, seen }
    // It still shows what the cache held at the start of the read: nothing, or the same token.
    if (text === undefined || readRecord(context, text)?.value === state.record?.value) noteSeenAt(state, seen)
  }
}

/** Parses an entry. Lifetimes beyond the platform's longest are reduced. */
function readRecord<C>({ fingerprint, spec }: AccountContext<C>, text: string): StoredRecord | undefined {
  return decodeRecord(text, fingerprint, spec.renewal.maxLifeSeconds * 1000)
}

/** Takes a record of the cache into memory if it counts, or updates the one in memory. */
function takeOver<C>(context: AccountContext<C>, record: StoredRecord, seen: Moment, setBackMs: number): void {
  const { state, gate } = context
  noteGeneration(state, record.generation)
  switch (orderOf(record, state.record, factsFor(context, record, seen))) {
    case 'replaces': {
      const { record: held } = state
      // The store went back to an older record, and lost the mark of the rejected one: upstream may give that token again.
      if (held?.rejectedCode !== undefined && record.generation <= held.generation) noteRejectedValue(state, held.value)
      remember(context, record, { seen, setBackMs: doubtOf(context, record, setBackMs) })
      // The process that wrote it has recovered from the failure.
      forgetFailure(state)
      noteWritten(state)
      context.emit('adopted', { generation: record.generation, expiresAtMs: record.expiresAtMs })
      return
    }
    case 'updates': {
      const isAskedFor = isRenewed(record, state.record)
      if (isAskedFor) noteWritten(state)
      // On the store's own clock, upstream's response to another process is as good as one to this process.
      remember(context, record, { seen, isFresh: isAskedFor && gate.cache.nowMs !== undefined, setBackMs })
      return
    }
    case 'trails':
      raiseGeneration(state, record.generation)
      return
    case 'loses':
      // The token in memory will be written over it, under a higher generation, even if upstream repeats the token before that.
      if (state.unsettled.isUnwritten) noteGeneration(state, record.generation + 1)
      // That write overwrites the mark.
      if (record.rejectedCode !== undefined) noteRejectedValue(state, record.value)
  }
}

function factsFor<C>(context: AccountContext<C>, found: StoredRecord, seen: Moment): OrderFacts {
  const { state, gate, timeoutMs } = context
  const { record, replacedValue, times } = state
  const { isUnwritten, rejectedValues } = state.unsettled
  const isOwn = isHeldOwn(context)
  // The store may go back to a token that it had before: what replaced it came from the store as well.
  const isReplaced = found.value === replacedValue && (isOwn || found.generation <= (record?.generation ?? 0))
  return {
    isUnwritten,
    isReadBefore: isReadBefore(state, found, seen),
    isHeldRejected: isRejected(state),
    isFoundRetired: isReplaced || rejectedValues.includes(found.value),
    isFoundBeforeSetBack: isFromBeforeSetBack(context, found),
    isOneClock: gate.cache.nowMs !== undefined || gate.cache.reach !== 'fleet',
    isHeldOwn: isOwn,
    laterByMs: record === undefined ? 0 : laterByMs(context, found, record),
    // The time of a store's own clock may be off by the duration of its response.
    overlapMs: Math.min(
      timeoutMs,
      (times?.requestMs ?? Infinity) + (gate.cache.nowMs === undefined ? 0 : gate.timeoutMs),
    ),
  }
}

/** Whether memory knows the token of a record from a later look than the one that found the record. */
function isReadBefore({ record, times }: AccountState, found: StoredRecord, seen: Moment): boolean {
  return record?.value === found.value && times !== undefined && times.seen.monotonic > seen.monotonic
}

function damaged<C>({ gate }: AccountContext<C>): CacheError {
  const reach = gate.cache.reach ?? 'process'
  return new CacheError('cache: the entry is not a record; the next refresh replaces it', {
    operation: 'get',
    reach,
    problem: 'damaged',
  })
}
