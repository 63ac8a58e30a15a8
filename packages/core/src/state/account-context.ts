import type { Account } from '../account.js'
import type { CacheChange } from '../cache.js'
import type { CacheGate } from '../cache/bounded-cache.js'
import { isRejected, keepRecord, noteHeard, noteRefused, noteSeenAt, putInTime, type Cell } from './account-state.js'
import type { Clock } from '../clock.js'
import { CacheError } from '../errors.js'
import type { LingpaiEventName, LingpaiEvents } from '../events.js'
import type { ResolvedCredentials, ResolvedSpec } from '../provider.js'
import { changedRecord, decodeRecord, isNewer, isRenewed, promptMs, type StoredRecord } from '../token-record.js'
import type { TokenSource } from '../token-source.js'
import type { UpstreamOptions } from '../upstream/request-token.js'
import { type Moment, momentOf, msSince } from '../time/moment.js'

/** One account as one manager sees it, its secrets known. */
export interface AccountContext<C = never> {
  readonly spec: ResolvedSpec<C>
  readonly account: Account
  readonly credentials: ResolvedCredentials<C>
  /** Where its record stands in the cache. */
  readonly key: string
  readonly fingerprint: string
  readonly cell: Cell
  readonly gate: CacheGate
  readonly clock: Clock
  readonly upstream: UpstreamOptions
  /** Source of the token that this one is derived from, with the same credentials. */
  readonly parent?: TokenSource
  /** Bound of one whole refresh, milliseconds. */
  readonly timeoutMs: number
  readonly isReadonly: boolean
  /** Where in the jitters this process stands, 0 to 1. */
  readonly spread: number
  readonly writer: string
  /** Flights of this manager that are under way. */
  readonly running: Set<Promise<unknown>>
  /** Aborts when the manager closes or the source is removed. */
  readonly closing: AbortSignal
  readonly emit: <Name extends AccountEventName>(name: Name, facts: EventFacts<Name>) => void
  /** Calls back when the cache tells of a write to the key. @returns Ends it. */
  readonly onChange: (listener: (change: CacheChange) => void) => () => void
}

/** Events that belong to an account. */
export type AccountEventName = Exclude<LingpaiEventName, 'cache-recovered' | 'closed'>

/** An event without what the emitter adds. */
export type EventFacts<Name extends AccountEventName> = Omit<LingpaiEvents[Name], 'account' | 'atMs'>

/** What is known of a record that is taken into memory. */
export interface RecordFacts {
  /** When the cache or upstream was asked for it. */
  readonly seen: Moment
  /** A moment on the clocks of this process, and on the clock that its moments are on. @default now, as far as known */
  readonly known?: { readonly at: Moment; readonly sharedMs: number }
  /** Whether upstream itself has just said how long the token lives. @default false */
  readonly isFresh?: boolean
  /** How far that clock may have been set back since the record was written. @default 0 */
  readonly setBackMs?: number
  /** How long the request took that brought it here, milliseconds. @default infinite: another process sent it */
  readonly requestMs?: number
}

/** Takes a record into memory, with its moments in the terms of this process. */
export function keep<C>(context: AccountContext<C>, record: StoredRecord, facts: RecordFacts): void {
  const { cell, clock, spec, spread, gate } = context
  const now = momentOf(clock)
  const {
    seen,
    isFresh = false,
    setBackMs = 0,
    requestMs = Infinity,
    known: { at, sharedMs } = { at: now, sharedMs: gate.reckonedNowMs() },
  } = facts
  keepRecord(cell, record, { renewal: spec.renewal, at, sharedMs, setBackMs, spread, isFresh, seen, requestMs })
}

/** What a look at the cache found: a record, none that is usable, or no answer. */
export type Look = 'found' | 'missing' | 'down'

/** Reads the cache and takes over what is newer than memory. A damaged entry is missing, and an event. */
export async function lookAtCache<C>(context: AccountContext<C>): Promise<Look> {
  const found = await readCache(context)
  return typeof found === 'string' ? found : 'found'
}

/** The same, with the record that stands in the cache. */
export async function readCache<C>(context: AccountContext<C>): Promise<StoredRecord | Exclude<Look, 'found'>> {
  const { cell, gate, clock, emit } = context
  const { clears, readAt } = cell
  const answer = await readOnTime(context)
  if (answer === undefined) return 'down'
  const { text, seen } = answer
  cell.readAt = seen
  const record = text === undefined ? undefined : readRecord(context, text)
  if (text !== undefined && record === undefined) emit('cache-failed', { error: damaged(context), repeated: false })
  if (record !== undefined) {
    noteHeard(cell, record.value)
    heedMark(cell, record)
  }
  const noteSeen = (): void => {
    if (cell.clears === clears) noteSeenAt(cell, seen)
  }
  // Where another token stands there, the one in memory has not been seen until it is known which of them counts.
  if (record === undefined || record.value === cell.record?.value) noteSeen()
  if (record === undefined && !cell.isUntimed) return 'missing'
  await gate.sharedNowMs()
  if (!gate.isTimeKnown()) {
    // The record is not taken over, and upstream may give this very token.
    if (record?.rejectedCode !== undefined && record.value !== cell.record?.value) noteRefused(cell, record.value)
    return 'down'
  }
  putInTime(cell, gate.reckonedEarliestMs(), clock)
  if (record === undefined) return 'missing'
  if (cell.clears === clears) takeOver(context, record, seen, setBackSince(context, readAt, record))
  noteSeen()
  return record
}

/** That an API refused the token counts, even where nobody can tell the time that its record goes by. */
function heedMark(cell: Cell, { value, rejectedCode }: StoredRecord): void {
  if (rejectedCode === undefined || cell.record?.value !== value) return
  cell.record = changedRecord(cell.record, { rejectedCode })
  cell.hot = undefined
  cell.isUnwritten = false
}

/** An answer that is older than the limit by this came before a stop of the process. */
const stopMs = 1000
const mostReads = 3

/** What stands in the cache, and when it was asked for; asked for again where the process was stopped over the answer. */
async function readOnTime<C>(
  context: AccountContext<C>,
): Promise<{ readonly text: string | undefined; readonly seen: Moment } | undefined> {
  const { cell, gate, key, clock } = context
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
    if (text === undefined || readRecord(context, text)?.value === cell.record?.value) noteSeenAt(cell, seen)
  }
}

/** What an entry says, as far as this platform can have said it. */
function readRecord<C>({ fingerprint, spec }: AccountContext<C>, text: string): StoredRecord | undefined {
  return decodeRecord(text, fingerprint, spec.renewal.maxLifeSeconds * 1000)
}

/** How much older than it seems a record may be: as far as a clock is known to have been set back, or its whole life. */
function doubtOf<C>(context: AccountContext<C>, record: StoredRecord, setBackMs: number): number {
  if (!isFromFuture(context, record, setBackMs)) return setBackMs
  context.cell.doubtedAt = momentOf(context.clock)
  return record.expiresAtMs - context.gate.reckonedNowMs()
}

/** Clocks that all who write go by may be this far apart, or be set by so much, before a record is from the future. */
const aheadMs = { oneClock: 5 * 60_000, manyClocks: 86_400_000 } as const
/** Where clocks do not agree at all, doubting each other's records costs a refresh this often at most. */
const betweenDoubtsMs = 3_600_000

/**
 * Whether a record was written while a clock was ahead that has been set right since. Nobody can tell how old its token is: it is
 * replaced rather than believed. A readonly source cannot replace it.
 */
function isFromFuture<C>(
  { cell, clock, gate, isReadonly }: AccountContext<C>,
  record: StoredRecord,
  setBackMs: number,
): boolean {
  if (isReadonly) return false
  if (cell.doubtedAt !== undefined && msSince(cell.doubtedAt, clock) < betweenDoubtsMs) return false
  const { nowMs, reach = 'process' } = gate.cache
  const isOneClock = nowMs !== undefined || reach !== 'fleet'
  const latestMs = gate.reckonedNowMs() + setBackMs + (isOneClock ? aheadMs.oneClock : aheadMs.manyClocks)
  return record.issuedAtMs > latestMs
}

/** A record as it is told: whatever its entry says, no token lives longer from now than the platform lets one live. */
export function toldRecord<C>({ gate, spec }: AccountContext<C>, record: StoredRecord): StoredRecord {
  const nowMs = gate.reckonedNowMs()
  const latestMs = Math.ceil(nowMs + spec.renewal.maxLifeSeconds * 1000)
  if (record.expiresAtMs <= latestMs) return record
  return changedRecord(record, { issuedAtMs: Math.min(record.issuedAtMs, Math.floor(nowMs)), expiresAtMs: latestMs })
}

/** Clocks that tell less than this much apart tell the same. */
const agreedMs = 1000

/**
 * How far the host's clock may have been set back since a record was written, which is how much too young the record seems. A new
 * record was written after the last look at the cache. So where the clock was set back since then, its age is at most the time since
 * that look on the monotonic clock. A store's own clock is never set.
 */
function setBackSince<C>({ gate, clock }: AccountContext<C>, readAt: Moment | undefined, record: StoredRecord): number {
  if (readAt === undefined || gate.cache.nowMs !== undefined) return 0
  const elapsedMs = clock.monotonic() - readAt.monotonic
  const setBackMs = readAt.wall + elapsedMs - clock.now()
  // The wall clock gained on the monotonic one: it was set forward, or the machine slept.
  if (setBackMs <= agreedMs) return Math.max(0, setBackMs)
  const { issuedAtMs, writtenAtMs = 0, repeatedAtMs = 0 } = record
  const seemingAgeMs = clock.now() - Math.max(issuedAtMs, writtenAtMs, repeatedAtMs)
  return Math.max(0, elapsedMs + promptMs - seemingAgeMs)
}

/** Takes a record of the cache into memory, where it is newer or tells more of the token at hand. */
function takeOver<C>(context: AccountContext<C>, record: StoredRecord, seen: Moment, setBackMs: number): void {
  const { cell, gate, emit } = context
  cell.lastGeneration = Math.max(cell.lastGeneration, record.generation)
  const isNew = replaces(context, record)
  const isSameToken = record.value === cell.record?.value
  const isAskedFor = isRenewed(record, cell.record)
  // The same token may have been asked for again by another process: its plan changes with that.
  if (isAskedFor) cell.isUnwritten = false
  // On a clock that is no host's, upstream's word to others is as good as its word to this process.
  const isFresh = isAskedFor && gate.cache.nowMs !== undefined
  const doubtMs = isNew && !isSameToken ? doubtOf(context, record, setBackMs) : setBackMs
  if (isNew || (isSameToken && !cell.isUnwritten)) keep(context, record, { seen, isFresh, setBackMs: doubtMs })
  else if (isSameToken) adoptCount(cell, record)
  // Its mark is gone once the better one is written.
  else if (record.rejectedCode !== undefined) noteRefused(cell, record.value)
  if (!isNew || isSameToken) return
  // Whoever wrote it has got over the failure.
  cell.failure = undefined
  cell.isUnwritten = false
  emit('adopted', { generation: record.generation, expiresAtMs: record.expiresAtMs })
}

/** Memory knows more of the token in the cache, but may have begun to count anew while that was away. */
function adoptCount(cell: Cell, { generation }: StoredRecord): void {
  if (cell.record === undefined || cell.record.generation >= generation) return
  cell.record = changedRecord(cell.record, { generation })
}

/**
 * Whether what stands in the cache takes the place of what memory holds. Counts go their own ways while a store cannot be
 * written to, and clocks are set: neither has the last word.
 */
function replaces<C>(context: AccountContext<C>, found: StoredRecord): boolean {
  const { cell } = context
  const { record, isUnwritten, replacedValue, refused } = cell
  if (record === undefined) return true
  if (found.value === record.value) return isNewer(found, record) && !(isUnwritten && isRenewed(record, found))
  if (found.value === replacedValue || refused.includes(found.value)) return false
  // What an API refused makes room for anything that may be younger.
  if (isRejected(cell) && found.generation >= record.generation) return true
  // What this process requested after a clock was set back is later than what was requested before, even with a lower generation.
  const isOwn = cell.times?.requestMs !== Infinity && record.issuedAtMs <= context.gate.reckonedNowMs() + agreedMs
  if (isOwn && isFromBeforeSetBack(context, found)) return false
  return isNewer(found, record) && !(isUnwritten && isBetter(context, record, found))
}

/** Whether what upstream gave here, beside a cache that did not take it, is better than what stands there now. */
function isBetter<C>(context: AccountContext<C>, record: StoredRecord, found: StoredRecord): boolean {
  const laterByMs = found.issuedAtMs - askedAtMs(context, record)
  // What upstream said last is newer.
  if (laterByMs < 0 || isFromBeforeSetBack(context, found)) return true
  // The order of two requests that overlapped is not known; that one of their tokens was refused is. A store's time may be off by
  // as long as its answer took.
  const togetherMs = Math.min(context.timeoutMs, (context.cell.times?.requestMs ?? Infinity) + context.gate.timeoutMs)
  return laterByMs < togetherMs && found.rejectedCode !== undefined
}

/**
 * When the token in memory was asked for, on the clock as it is set now: where that was set back since, what others asked for later
 * tells of an earlier moment.
 */
function askedAtMs<C>(
  { cell: { times }, clock, gate }: AccountContext<C>,
  { issuedAtMs, expiresAtMs }: StoredRecord,
): number {
  if (gate.cache.nowMs !== undefined || times === undefined) return issuedAtMs
  const agoMs = clock.monotonic() - times.expiry.monotonic + expiresAtMs - issuedAtMs
  return Math.min(issuedAtMs, clock.now() - agoMs)
}

/**
 * Where all go by the clock of one host, a moment ahead tells that it was set back since; whether that was before the record in
 * memory came, its clocks tell.
 */
function isFromBeforeSetBack<C>({ cell, clock, gate }: AccountContext<C>, { issuedAtMs }: StoredRecord): boolean {
  if (gate.cache.nowMs !== undefined || gate.cache.reach === 'fleet') return false
  if (cell.times === undefined || issuedAtMs <= gate.reckonedNowMs() + agreedMs) return false
  const { expiry } = cell.times
  return expiry.wall - expiry.monotonic - (clock.now() - clock.monotonic()) <= agreedMs
}

function damaged<C>({ gate }: AccountContext<C>): CacheError {
  const reach = gate.cache.reach ?? 'process'
  return new CacheError('cache: the entry is no record; the next refresh replaces it', {
    operation: 'get',
    reach,
    problem: 'damaged',
  })
}
