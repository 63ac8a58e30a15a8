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
} from '../state/account-state.js'
import { momentOf, msSince, type Moment } from '../time/moment.js'
import { decodeRecord, type StoredRecord } from '../token-record.js'
import { doubtOf, isFromBeforeSetBack, isHeldOwn, laterByMs, setBackSince } from './record-age.js'
import { isRenewed, orderOf, type OrderFacts } from './record-order.js'

/** What a look at the cache found: a record, none that is usable, or no response. */
export type Look =
  { readonly kind: 'found'; readonly record: StoredRecord } | { readonly kind: 'missing' } | { readonly kind: 'down' }

/** Reads the cache and takes over what is newer than memory. A damaged entry is missing, and an event. */
export async function lookAtCache<C>(context: AccountContext<C>): Promise<Look> {
  const { state, gate, clock, emit } = context
  const { clears, readAt } = state
  const read = await readOnTime(context)
  if (read === undefined) return { kind: 'down' }
  const { text, seen } = read
  noteReadAt(state, seen)
  const record = text === undefined ? undefined : readRecord(context, text)
  if (text !== undefined && record === undefined) emit('cache-failed', { error: damaged(context), repeated: false })
  if (record !== undefined) {
    noteHeard(state, record.value)
    // A rejection counts even where the time that the record goes by is unknown.
    markRecord(state, record)
  }
  const noteSeen = (): void => {
    if (state.clears === clears) noteSeenAt(state, seen)
  }
  // Where another token stands there, the one in memory has not been seen until it is known which of them counts.
  if (record === undefined || record.value === state.record?.value) noteSeen()
  if (record === undefined && !state.isUntimed) return { kind: 'missing' }
  await gate.sharedNowMs()
  if (!gate.isTimeKnown()) {
    // The record is not taken over, and upstream may give this very token.
    if (record?.rejectedCode !== undefined && record.value !== state.record?.value)
      noteRejectedValue(state, record.value)
    return { kind: 'down' }
  }
  putInTime(state, gate.reckonedEarliestMs(), clock)
  if (record === undefined) return { kind: 'missing' }
  if (state.clears === clears) takeOver(context, record, seen, setBackSince(context, readAt, record))
  noteSeen()
  return { kind: 'found', record }
}

/** An answer that is older than the limit by this came before a stop of the process. */
const stopMs = 1000
const mostReads = 3

/** What stands in the cache, and when it was asked for; asked for again where the process was stopped over the answer. */
async function readOnTime<C>(
  context: AccountContext<C>,
): Promise<{ readonly text: string | undefined; readonly seen: Moment } | undefined> {
  const { state, gate, key, clock } = context
  let found: { readonly text: string; readonly seen: Moment } | undefined
  for (let tries = 1; ; tries += 1) {
    const seen = momentOf(clock)
    const answer = await gate.get(key)
    // A record that may have been replaced by now is better than none.
    if (!answer.ok) return found
    const text = answer.value
    if (tries === mostReads || msSince(seen, clock) <= gate.timeoutMs + stopMs) return { text, seen }
    found = text === undefined ? undefined : { text, seen }
    // Of the moment of the question it tells all the same: that nothing, or nothing else, stood there.
    if (text === undefined || readRecord(context, text)?.value === state.record?.value) noteSeenAt(state, seen)
  }
}

/** What an entry says, as far as this platform can have said it. */
function readRecord<C>({ fingerprint, spec }: AccountContext<C>, text: string): StoredRecord | undefined {
  return decodeRecord(text, fingerprint, spec.renewal.maxLifeSeconds * 1000)
}

/** Takes a record of the cache into memory where it counts, or tells more of the token at hand. */
function takeOver<C>(context: AccountContext<C>, record: StoredRecord, seen: Moment, setBackMs: number): void {
  const { state, gate, emit } = context
  noteGeneration(state, record.generation)
  switch (orderOf(record, state.record, factsFor(context, record))) {
    case 'replaces': {
      remember(context, record, { seen, setBackMs: doubtOf(context, record, setBackMs) })
      // The process that wrote it has got over the failure.
      forgetFailure(state)
      noteWritten(state)
      emit('adopted', { generation: record.generation, expiresAtMs: record.expiresAtMs })
      return
    }
    case 'updates': {
      const isAskedFor = isRenewed(record, state.record)
      if (isAskedFor) noteWritten(state)
      // On a clock that is no host's, upstream's word to others is as good as its word to this process.
      remember(context, record, { seen, isFresh: isAskedFor && gate.cache.nowMs !== undefined, setBackMs })
      return
    }
    case 'trails':
      raiseGeneration(state, record.generation)
      return
    case 'loses':
      // Its mark is gone once the better one is written.
      if (record.rejectedCode !== undefined) noteRejectedValue(state, record.value)
  }
}

function factsFor<C>(context: AccountContext<C>, found: StoredRecord): OrderFacts {
  const { state, gate, timeoutMs } = context
  const { record, isUnwritten, replacedValue, rejectedValues, times } = state
  return {
    isUnwritten,
    isHeldRejected: isRejected(state),
    isFoundRetired: found.value === replacedValue || rejectedValues.includes(found.value),
    isFoundBeforeSetBack: isFromBeforeSetBack(context, found),
    isHeldOwn: isHeldOwn(context),
    laterByMs: record === undefined ? 0 : laterByMs(context, found, record),
    // A store's time may be off by as long as its response took.
    overlapMs: Math.min(timeoutMs, (times?.requestMs ?? Infinity) + gate.timeoutMs),
  }
}

function damaged<C>({ gate }: AccountContext<C>): CacheError {
  const reach = gate.cache.reach ?? 'process'
  return new CacheError('cache: the entry is no record; the next refresh replaces it', {
    operation: 'get',
    reach,
    problem: 'damaged',
  })
}
