import type { Clock, Timer } from '../clock.js'
import type { PlatformCode } from '../error-class.js'
import type { FailureRecord } from '../failure/failure-record.js'
import type { ResolvedRenewal } from '../provider.js'
import { deadlineAtMs, nextAttemptAtMs } from '../provider/renewal.js'
import { earlierOf, laterOf, leftAt, momentOf, timeLeftMs, type Moment } from '../time/moment.js'
import { changedRecord, type StoredRecord } from '../token-record.js'

/**
 * What a process knows of one account in one cache. Plain data of a stable shape: two copies of this library in one process
 * share it. Only reachable through closures, so that no `inspect` can print the token.
 */
export interface Cell {
  record: StoredRecord | undefined
  /** The kept promise of the token while it is fresh; see {@link Hot}. */
  hot: Hot | undefined
  /** Ends `hot`, by the monotonic clock. */
  fading: Timer | undefined
  /** The token that `record` took the place of: older, whatever clocks say. */
  replacedValue: string | undefined
  /** `record` in the terms of this process's clocks. */
  times: LocalTimes | undefined
  /** When it was last known what stands in the cache: when the last look that was answered began, or writing. */
  readAt: Moment | undefined
  /** When a record of the cache was last not believed because it came from the future. */
  doubtedAt: Moment | undefined
  /** The tokens that the cache and upstream told of lately, kept or not: to be masked in what others say. */
  heard: readonly string[]
  /** The token that an API refused last, and the code it gave. */
  rejected: { readonly value: string; readonly code: PlatformCode | undefined } | undefined
  /** The tokens that APIs refused of late, that one included: a store that lost writes may bring an older one back. */
  refused: readonly string[]
  failure: FailureRecord | undefined
  flight: Flight | undefined
  /** What upstream was asked for here, until it is in memory. */
  asking: Asking | undefined
  /** The last look at the cache outside of a flight, and when it began. */
  look: Promise<void> | undefined
  lookedAt: Moment
  /** The record could not be written; it is written back once the cache is there again. */
  isUnwritten: boolean
  /** Its moments are on this host's clock, because the store's time was not known. */
  isUntimed: boolean
  /** Whether somebody is about to write it back. */
  isWriteBackPlanned: boolean
  /** Highest generation ever seen, also across `clear()`. */
  lastGeneration: number
  /** Grows with each `clear()`: what was fetched before it is not kept after it. */
  clears: number
}

/** A token that needs no thought between two moments of the wall clock. */
export interface Hot {
  readonly promise: Promise<string>
  readonly fromMs: number
  readonly toMs: number
}

/** A refresh under way in this process; everybody who needs one waits for the same. */
export interface Flight {
  readonly promise: Promise<FlightOutcome>
  readonly isForced: boolean
  /** Nobody waited for it when it began, or only the caller that brought a token: its failure is not that of others who join. */
  readonly isAhead: boolean
}

/** A question to upstream that may have replaced the token in memory already. */
export interface Asking {
  readonly since: Moment
  /** Resolves once what came of it is in memory, whatever that was. */
  readonly over: Promise<unknown>
}

/** How a flight ended well. */
export interface FlightOutcome {
  readonly record: StoredRecord
  /** `adopted`: from the cache; `fetched`: new; `repeated`: upstream gave the same token again. */
  readonly how: 'adopted' | 'fetched' | 'repeated'
}

/** Moments of a record on the monotonic clock and on the wall clock of this process. The earlier one counts. */
export interface LocalTimes {
  readonly promise: Promise<string>
  /** The next try to refresh ahead. */
  readonly soft: Moment
  /** No longer handed out, if another can be had. */
  readonly deadline: Moment
  /** Dead. */
  readonly expiry: Moment
  /** It may live this much longer, milliseconds; only upstream can tell. */
  readonly doubtMs: number
  /** When the cache or upstream was last asked for what turned out to be this record. */
  readonly seen: Moment
  /** How long its request took, milliseconds; infinite where another process sent it. */
  readonly requestMs: number
}

/** An empty cell. */
export function newCell(): Cell {
  return {
    record: undefined,
    replacedValue: undefined,
    readAt: undefined,
    doubtedAt: undefined,
    hot: undefined,
    fading: undefined,
    times: undefined,
    rejected: undefined,
    refused: [],
    heard: [],
    failure: undefined,
    flight: undefined,
    asking: undefined,
    look: undefined,
    lookedAt: { monotonic: -Infinity, wall: -Infinity },
    isUnwritten: false,
    isUntimed: false,
    isWriteBackPlanned: false,
    lastGeneration: 0,
    clears: 0,
  }
}

/** What is known of a record that comes into memory. */
export interface Arrival {
  readonly renewal: ResolvedRenewal
  /** A moment on the clocks of this process. */
  readonly at: Moment
  /** The same on the clock that the record's moments are on: the store's, or this host's. */
  readonly sharedMs: number
  /** How far that clock may have been set back since the record was written. */
  readonly setBackMs: number
  readonly spread: number
  /** Whether upstream itself has just said how long the token lives. */
  readonly isFresh: boolean
  /** When the store, or upstream, was asked. */
  readonly seen: Moment
  /** How long the request took that brought it here, milliseconds; infinite where another process sent it. */
  readonly requestMs: number
}

/** Takes a record into memory. */
export function keepRecord(cell: Cell, record: StoredRecord, arrival: Arrival): void {
  const { renewal, spread, seen, requestMs } = arrival
  const isSameToken = cell.record?.value === record.value
  const { expiry, doubtMs } = endOf(cell, record, arrival)
  const before = (atMs: number): Moment => {
    const earlierMs = record.expiresAtMs - atMs
    return { monotonic: expiry.monotonic - earlierMs, wall: expiry.wall - earlierMs }
  }
  cell.times = {
    promise: isSameToken && cell.times !== undefined ? cell.times.promise : Promise.resolve(record.value),
    soft: before(nextAttemptAtMs(record, renewal, spread)),
    deadline: before(deadlineAtMs(record, renewal)),
    expiry,
    doubtMs,
    seen: isSameToken && cell.times !== undefined ? laterOf(cell.times.seen, seen) : seen,
    requestMs: Math.min(requestMs, isSameToken ? (cell.times?.requestMs ?? Infinity) : Infinity),
  }
  if (!isSameToken) cell.replacedValue = cell.record?.value
  cell.record = record
  cell.lastGeneration = Math.max(cell.lastGeneration, record.generation)
  cell.hot = undefined
}

/** When a record's token dies, on the clocks of this process, and how much longer it may live. */
function endOf(
  cell: Cell,
  record: StoredRecord,
  { renewal, at, sharedMs, setBackMs, isFresh }: Arrival,
): Pick<LocalTimes, 'expiry' | 'doubtMs'> {
  const longestMs = lifeLeftMs(record, renewal, sharedMs)
  const sureMs = lifeLeftMs(record, renewal, sharedMs + setBackMs)
  const after = (ms: number): Moment => ({ monotonic: at.monotonic + ms, wall: at.wall + ms })
  const known = cell.record?.value === record.value && !isFresh ? cell.times : undefined
  // Only upstream's own word is better than what was known.
  if (known === undefined) return { expiry: after(sureMs), doubtMs: longestMs - sureMs }
  const isGuess = cell.record?.isLifetimeAssumed === true
  const mayGrow = renewal.mode === 'extend' || renewal.trustSeconds !== Infinity || isGuess
  if (mayGrow && record.expiresAtMs > (cell.record?.expiresAtMs ?? 0)) {
    // A longer life is at least the one that was known, however much of it a clock that was set puts in doubt.
    const leftMs = Math.max(sureMs, leftAt(known.expiry, at))
    return { expiry: after(leftMs), doubtMs: Math.max(0, longestMs - leftMs) }
  }
  // A wall clock that was set back since the token was first seen must not lengthen its life.
  return { expiry: earlierOf(after(longestMs), known.expiry), doubtMs: known.doubtMs }
}

/** The record in memory is known to be the one that counts, as of a moment. */
export function noteSeenAt(cell: Cell, seen: Moment): void {
  if (cell.times !== undefined) cell.times = { ...cell.times, seen: laterOf(cell.times.seen, seen) }
}

/** What is left of a record's life at a moment of the clock that it was written on. */
function lifeLeftMs(
  { issuedAtMs, expiresAtMs }: StoredRecord,
  { maxLifeSeconds, trustSeconds }: ResolvedRenewal,
  nowMs: number,
): number {
  // A writer whose clock runs ahead must not lengthen the life of its token here.
  // And a record that promises more than the platform ever gives is not believed.
  return Math.min(expiresAtMs - Math.max(nowMs, issuedAtMs), maxLifeSeconds * 1000, trustSeconds * 1000)
}

/** Puts the moments of a record that was brought while the store's time was not known onto the store's clock. */
export function putInTime(cell: Cell, sharedNowMs: number, clock: Clock): void {
  const { record, times, isUntimed } = cell
  cell.isUntimed = false
  if (!isUntimed || record === undefined || times === undefined) return
  const aheadMs = Math.round(sharedNowMs + timeLeftMs(times.expiry, clock)) - record.expiresAtMs
  const { issuedAtMs, expiresAtMs, repeatedAtMs } = record
  cell.record = changedRecord(record, {
    issuedAtMs: issuedAtMs + aheadMs,
    expiresAtMs: expiresAtMs + aheadMs,
    ...(repeatedAtMs !== undefined && { repeatedAtMs: repeatedAtMs + aheadMs }),
  })
}

/** Notes that upstream is being asked, for as long as it takes to bring the answer home. */
export function noteAsking(cell: Cell, clock: Clock, landing: Promise<unknown>): void {
  const earlier = cell.asking
  const since = earlier?.since ?? momentOf(clock)
  const asking: Asking = { since, over: Promise.allSettled([landing, earlier?.over]) }
  cell.asking = asking
  void asking.over.then(() => {
    if (cell.asking === asking) cell.asking = undefined
  })
}

/** Forgets the record in memory. */
export function dropRecord(cell: Cell): void {
  cell.record = undefined
  cell.times = undefined
  cell.hot = undefined
  cell.isUnwritten = false
}

/** The tokens that a cell knows, to be masked in what others say. */
export function heldTokens({ record, rejected, heard, refused }: Cell): readonly string[] {
  const held = [record?.value, rejected?.value, ...heard, ...refused].filter((value) => value !== undefined)
  return [...new Set(held)]
}

const mostHeard = 8
const mostRefused = 32

/** Remembers a token that was told of. */
export function noteHeard(cell: Cell, value: string): void {
  if (cell.heard[0] !== value) cell.heard = withFirst(cell.heard, value, mostHeard)
}

/** Remembers a token that an API refused. */
export function noteRefused(cell: Cell, value: string): void {
  cell.refused = withFirst(cell.refused, value, mostRefused)
}

/** The token in memory was refused by an API: nobody is to be given it, nor is it to be saved for anybody. */
export function refuseRecord(cell: Cell, value: string, code: PlatformCode | undefined): void {
  cell.rejected = { value, code: code ?? (cell.rejected?.value === value ? cell.rejected.code : undefined) }
  cell.hot = undefined
  cell.isUnwritten = false
  noteRefused(cell, value)
}

function withFirst(values: readonly string[], first: string, most: number): readonly string[] {
  return [first, ...values.filter((value) => value !== first)].slice(0, most)
}

/** Forgets that tokens were refused: one, if the platform stands by it after all, or every one. */
export function forgetRefused(cell: Cell, value?: string): void {
  cell.rejected = undefined
  cell.refused = value === undefined ? [] : cell.refused.filter((known) => known !== value)
}

/** Whether the record of a cell was refused by an API. */
export function isRejected(cell: Cell): boolean {
  return cell.record !== undefined && isRejectedRecord(cell, cell.record)
}

/** Whether a record is one that an API refused, here or, as its mark says, elsewhere. */
export function isRejectedRecord(cell: Cell, record: StoredRecord): boolean {
  return record.rejectedCode !== undefined || cell.refused.includes(record.value)
}

/** How long one look at both clocks is good for. */
const trustMs = 1000

/** Keeps the promise of the token at hand until the next moment at which anything has to be thought about. */
export function warm(cell: Cell, clock: Clock, memoryMs: number): void {
  const { times } = cell
  if (times === undefined) return
  const seenAgoMs = clock.monotonic() - times.seen.monotonic
  const quietMs = Math.min(
    trustMs,
    timeLeftMs(times.soft, clock),
    timeLeftMs(times.deadline, clock),
    memoryMs - seenAgoMs,
  )
  if (quietMs <= 0) return
  const fromMs = clock.now()
  cell.hot = { promise: times.promise, fromMs, toMs: fromMs + quietMs }
  // A wall clock that is set back into this very window must not open it again.
  cell.fading ??= clock.setTimer(() => {
    cell.fading = undefined
    cell.hot = undefined
  }, trustMs)
}
