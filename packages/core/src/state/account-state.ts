import type { Clock } from '../clock.js'
import type { PlatformCode } from '../error-class.js'
import type { CacheErrorDetails } from '../errors.js'
import type { FailureRecord } from '../failure/failure-record.js'
import { agreedMs, watchOf, type AgreedSpan } from '../time/clock-watch.js'
import { laterOf, momentOf, msSince, never, timeLeftMs, type Moment } from '../time/moment.js'
import { changedRecord, type StoredRecord } from '../token-record.js'
import { deadlineOf, refreshAtOf, timesOf, type Arrival, type LocalTimes } from './local-times.js'

/**
 * What a process knows of one account in one cache. Plain data of a stable shape, because two copies of this library in one
 * process share it. Only the transitions in this file change it. It is reachable through closures only, so that no `inspect` prints
 * the token.
 */
export interface AccountState {
  /** The sources that serve the token without a look at this state. Each change that they must know of cools them. */
  readonly hotSources: readonly HotSource[]
  readonly record: StoredRecord | undefined
  /** `record` on the clocks of this process. */
  readonly times: LocalTimes | undefined
  /** The token that `record` took the place of. It is older, whatever the clocks say. */
  readonly replacedValue: string | undefined
  /** Start of the last successful cache read or write. */
  readonly readAt: Moment | undefined
  /** When a record of the cache was last not believed because it came from the future. */
  readonly doubtedAt: Moment | undefined
  /** Other tokens that the cache and upstream gave lately, to be masked in texts of others. */
  readonly heardValues: readonly string[]
  /** The last token that an API rejected, and the code it gave. */
  readonly rejected: { readonly value: string; readonly code: PlatformCode | undefined } | undefined
  /** Tokens that APIs rejected lately, the last one included: a store that lost writes may bring an older one back. */
  readonly rejectedValues: readonly string[]
  readonly failure: FailureRecord | undefined
  readonly refresh: RunningRefresh | undefined
  /** The upstream request under way, until its response is in memory. */
  readonly asking: Asking | undefined
  /** The last look at the cache outside of a refresh, and when it began. */
  readonly look: Promise<void> | undefined
  readonly lookedAt: Moment
  /** The record could not be written. It is written once the cache answers again. */
  readonly isUnwritten: boolean
  /** The moments of the record are on this host's clock, because the store's time was not known. */
  readonly isUntimed: boolean
  /** A deferred write is planned. */
  readonly isWritePlanned: boolean
  /** The last operation of the cache failed, questions for the time aside. */
  readonly isCacheSilent: boolean
  /** Highest generation ever seen, also across `clear()`. */
  readonly lastGeneration: number
  /** Grows with each `clear()`. A request from before is not kept after it. */
  readonly clears: number
}

/** A source that can serve a token by itself, as long as nothing has to be checked. */
export interface HotSource {
  /**
   * Serves the token of `state` from now on, while `span` lasts, and for so many milliseconds from its beginning.
   *
   * @returns whether it does: it may serve this account no longer
   */
  warm(state: AccountState, token: Promise<string>, span: AgreedSpan, forMs: number): boolean
  /** Asks the state again at the next call. */
  cool(): void
}

/** A refresh under way in this process. All callers that need one wait for the same. */
export interface RunningRefresh {
  readonly promise: Promise<RefreshOutcome>
  readonly isForced: boolean
  /**
   * No caller waited for it when it began, or only the one that adopted a token: its failure does not concern callers
   * who join later.
   */
  readonly isAhead: boolean
  /** Its turn among the refreshes of all accounts. */
  readonly turn: {
    /** A caller waits for it from now on. */
    hurry(): void
    /** Another refresh that has a turn waits for it. */
    admit(): void
  }
}

/** An upstream request that may have replaced the token in memory already. */
export interface Asking {
  readonly since: Moment
  /** Resolves once the request is over, and its result, if any, is in memory. */
  readonly over: Promise<unknown>
}

/**
 * Outcome of a successful refresh.
 *
 * - `adopted`: the record came from the cache, or from outside
 * - `fetched`: upstream gave a new token
 * - `repeated`: upstream gave the same token again
 */
export interface RefreshOutcome {
  readonly kind: 'adopted' | 'fetched' | 'repeated'
  readonly record: StoredRecord
}

/** The state as the transitions see it. */
type Writable = { -readonly [Field in keyof AccountState]: AccountState[Field] }

const none: readonly string[] = []
const cold: readonly HotSource[] = []

/** The state of an account of which nothing is known. */
export function newAccountState(): AccountState {
  return {
    hotSources: cold,
    record: undefined,
    times: undefined,
    replacedValue: undefined,
    readAt: undefined,
    doubtedAt: undefined,
    heardValues: none,
    rejected: undefined,
    rejectedValues: none,
    failure: undefined,
    refresh: undefined,
    asking: undefined,
    look: undefined,
    lookedAt: never,
    isUnwritten: false,
    isUntimed: false,
    isWritePlanned: false,
    isCacheSilent: false,
    lastGeneration: 0,
    clears: 0,
  }
}

/** Takes a record into memory. */
export function holdRecord(state: Writable, record: StoredRecord, arrival: Arrival): void {
  const times = timesOf(record, arrival, state)
  if (state.record?.value !== record.value) state.replacedValue = state.record?.value
  if (state.heardValues.length > 0) state.heardValues = without(state.heardValues, record.value)
  state.times = times
  state.record = record
  cool(state)
  noteGeneration(state, record.generation)
}

/** Drops the record and what was known of failures and rejections, for `clear()`. */
export function clearState(state: Writable): void {
  state.clears += 1
  state.record = undefined
  state.times = undefined
  cool(state)
  state.isUnwritten = false
  forgetRejected(state)
  forgetFailure(state)
}

/** The record in memory is known to be the one that counts, as of a moment. */
export function noteSeenAt(state: Writable, seen: Moment): void {
  if (state.times !== undefined) state.times = { ...state.times, seen: laterOf(state.times.seen, seen) }
}

/** The cache has answered, or has failed. */
export function noteCacheAnswer(state: Writable, operation: CacheErrorDetails['operation'], isAnswer: boolean): void {
  if (operation !== 'now') state.isCacheSilent = !isAnswer
}

/** The cache was read or written; the moment is the start of that. */
export function noteReadAt(state: Writable, moment: Moment): void {
  state.readAt = moment
}

/** Notes a generation that the account has had. */
export function noteGeneration(state: Writable, generation: number): void {
  state.lastGeneration = Math.max(state.lastGeneration, generation)
}

/** The store holds the token in memory under a higher generation. */
export function raiseGeneration(state: Writable, generation: number): void {
  if (state.record === undefined || state.record.generation >= generation) return
  state.record = changedRecord(state.record, { generation })
}

/** A record was not believed because it came from the future. */
export function noteDoubted(state: Writable, clock: Clock): void {
  state.doubtedAt = momentOf(clock)
}

/** The record in memory needs no write: it is in the store, or must not get there. */
export function noteWritten(state: Writable): void {
  state.isUnwritten = false
}

/** The record in memory has to be written once the store answers again. */
export function noteUnwritten(state: Writable): void {
  state.isUnwritten = true
}

/** A deferred write is planned, or is over. */
export function planWrite(state: Writable, isPlanned: boolean): void {
  state.isWritePlanned = isPlanned
}

/** The moments of the record in memory are on this host's clock, or on the store's. */
export function noteUntimed(state: Writable, isUntimed: boolean): void {
  state.isUntimed = isUntimed
}

/** Puts the moments of a record that was brought while the store's time was not known onto the store's clock. */
export function putInTime(state: Writable, sharedNowMs: number, clock: Clock): void {
  const { record, times, isUntimed } = state
  state.isUntimed = false
  if (!isUntimed || record === undefined || times === undefined) return
  const aheadMs = Math.round(sharedNowMs + timeLeftMs(times.expiry, clock)) - record.expiresAtMs
  const { issuedAtMs, expiresAtMs, repeatedAtMs } = record
  state.record = changedRecord(record, {
    issuedAtMs: issuedAtMs + aheadMs,
    expiresAtMs: expiresAtMs + aheadMs,
    ...(repeatedAtMs !== undefined && { repeatedAtMs: repeatedAtMs + aheadMs }),
  })
}

/** A refresh is under way. */
export function beginRefresh(state: Writable, refresh: RunningRefresh): void {
  state.refresh = refresh
}

/** A refresh is over, or is waited for no longer. */
export function endRefresh(state: Writable, refresh: RunningRefresh): void {
  if (state.refresh === refresh) state.refresh = undefined
}

/** Upstream is being asked. @returns Notes that the result is in memory. */
export function noteAsking(state: Writable, clock: Clock): () => void {
  const earlier = state.asking
  let end = (): void => undefined
  const over = new Promise<void>((resolve) => {
    end = resolve
  })
  const asking: Asking = {
    since: earlier?.since ?? momentOf(clock),
    over: Promise.all([over, earlier?.over]),
  }
  state.asking = asking
  cool(state)
  void asking.over.then(() => {
    if (state.asking === asking) state.asking = undefined
  })
  return end
}

/** A look at the cache outside of a refresh has begun. */
export function noteLook(state: Writable, clock: Clock, look: () => Promise<void>): void {
  state.lookedAt = momentOf(clock)
  state.look = look()
}

/** A refresh failed, here or in another process. */
export function noteFailure(state: Writable, failure: FailureRecord): void {
  state.failure = failure
}

/** The account works again. */
export function forgetFailure(state: Writable): void {
  state.failure = undefined
}

/** The tokens that a state knows, to be masked in texts of others. */
export function heldTokens({
  record,
  replacedValue,
  rejected,
  heardValues,
  rejectedValues,
}: AccountState): readonly string[] {
  const held = [record?.value, replacedValue, rejected?.value, ...heardValues, ...rejectedValues]
  return [...new Set(held.filter((value) => value !== undefined))]
}

const mostHeard = 8
const mostRejected = 32

/** Remembers a token that the cache or upstream gave. */
export function noteHeard(state: Writable, value: string): void {
  if (state.record?.value !== value && state.heardValues[0] !== value)
    state.heardValues = withFirst(state.heardValues, value, mostHeard)
}

/** Remembers a token that an API rejected. */
export function noteRejectedValue(state: Writable, value: string): void {
  state.rejectedValues = withFirst(state.rejectedValues, value, mostRejected)
}

/** An API rejected the token in memory: it is neither served nor written any more. */
export function rejectRecord(state: Writable, value: string, code: PlatformCode | undefined): void {
  state.rejected = { value, code: code ?? (state.rejected?.value === value ? state.rejected.code : undefined) }
  cool(state)
  state.isUnwritten = false
  noteRejectedValue(state, value)
}

/** The cache says that an API rejected the token in memory. */
export function markRecord(state: Writable, { value, rejectedCode }: StoredRecord): void {
  if (rejectedCode === undefined || state.record?.value !== value) return
  state.record = changedRecord(state.record, { rejectedCode })
  cool(state)
  state.isUnwritten = false
}

/** Forgets that a token was rejected, because the platform accepts it after all; without a value, every rejection. */
export function forgetRejected(state: Writable, value?: string): void {
  state.rejected = undefined
  state.rejectedValues = value === undefined ? none : without(state.rejectedValues, value)
}

function withFirst(values: readonly string[], first: string, most: number): readonly string[] {
  return [first, ...without(values, first)].slice(0, most)
}

function without(values: readonly string[], value: string): readonly string[] {
  const left = values.filter((one) => one !== value)
  return left.length === 0 ? none : left
}

/** Whether the record in memory was rejected by an API. */
export function isRejected(state: AccountState): boolean {
  return state.record !== undefined && isRejectedRecord(state, state.record)
}

/** Whether a record was rejected by an API, here or, as its mark says, elsewhere. */
export function isRejectedRecord(state: AccountState, record: StoredRecord): boolean {
  return record.rejectedCode !== undefined || state.rejectedValues.includes(record.value)
}

/** A program has one source of an account, or a few. Where it makes one for each of its requests, the old ones must not be kept. */
const mostHot = 8

/**
 * Lets a source serve the token until the next moment at which anything has to be checked.
 *
 * @param lookMs how long the token may be served without a look at the cache, from the last one on
 */
export function warm(state: Writable, source: HotSource, clock: Clock, lookMs: number): void {
  const { times } = state
  if (times === undefined) return
  // The process may be stopped between two reads of its clocks, and a clock set: the earliest read counts.
  const beforeMs = clock.now()
  const lookInMs = lookMs - msSince(times.seen, clock)
  const checkedInMs = Math.min(timeLeftMs(refreshAtOf(times), clock), timeLeftMs(deadlineOf(times), clock), lookInMs)
  // The clocks may move apart by this much before it is noticed.
  const quietMs = checkedInMs - 2 * agreedMs
  if (quietMs <= 0) return
  const span = watchOf(clock).open()
  const forMs = Math.floor(Math.min(beforeMs, clock.now()) + quietMs - span.beganMs)
  const isHot = source.warm(state, times.promise, span, forMs)
  if (!isHot || state.hotSources.includes(source)) return
  for (const last of state.hotSources.slice(mostHot - 1)) last.cool()
  state.hotSources = [source, ...state.hotSources.slice(0, mostHot - 1)]
}

/** Has every source look at the state again. */
function cool(state: Writable): void {
  for (const source of state.hotSources) source.cool()
  state.hotSources = cold
}

/** A source serves the account no longer. */
export function forgetSource(state: Writable, source: HotSource): void {
  source.cool()
  state.hotSources = state.hotSources.filter((one) => one !== source)
}
