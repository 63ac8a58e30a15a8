import type { Clock } from '../clock.js'
import type { PlatformCode } from '../error-class.js'
import type { CacheErrorDetails } from '../errors.js'
import type { FailureRecord } from '../failure/failure-record.js'
import { agreedMs, watchOf, type AgreedSpan } from '../time/clock-watch.js'
import { laterOf, momentOf, msSince, timeLeftMs, type Moment } from '../time/moment.js'
import { changedRecord, type StoredRecord } from '../token-record.js'
import { deadlineOf, expiryOf, refreshAtOf, timesOf, type Arrival, type LocalTimes } from './local-times.js'
import type { RunningRefresh } from './running-refresh.js'
import { noAsking, noTokens, settled, withChanges, type Asking, type Unsettled } from './unsettled.js'

/**
 * What a process knows of one account in one cache. Plain data of a stable shape, because two copies of this library in one
 * process share it. Only the transitions in this file change it. It is reachable through closures only, so that no `inspect` prints
 * the token.
 */
export interface AccountState {
  /** The source that serves the token without a look at this state. Each change that it must know of cools it. */
  readonly hotSource: HotSource | undefined
  /** More of them, where other managers serve the same account. */
  readonly otherHotSources: readonly HotSource[]
  readonly record: StoredRecord | undefined
  /** `record` on the clocks of this process. */
  readonly times: LocalTimes | undefined
  /** The token that `record` took the place of. It is older, whatever the clocks say. */
  readonly replacedValue: string | undefined
  /** Start of the last successful cache read or write. */
  readonly readAt: Moment | undefined
  /** The last look at the cache outside of a refresh. */
  readonly look: { readonly beganAt: Moment; readonly over: Promise<void> } | undefined
  /** Highest generation ever seen, also across `clear()`. */
  readonly lastGeneration: number
  readonly unsettled: Unsettled
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

/** The state as the transitions see it. */
type Writable = { -readonly [Field in keyof AccountState]: AccountState[Field] }

const noHotSources: readonly HotSource[] = []

/** The state of an account of which nothing is known. */
export function newAccountState(): AccountState {
  return {
    hotSource: undefined,
    otherHotSources: noHotSources,
    record: undefined,
    times: undefined,
    replacedValue: undefined,
    readAt: undefined,
    look: undefined,
    lastGeneration: 0,
    unsettled: settled,
  }
}

function unsettle(state: Writable, changes: Partial<Unsettled>): void {
  state.unsettled = withChanges(state.unsettled, changes)
}

/** Takes a record into memory. */
export function holdRecord(state: Writable, record: StoredRecord, arrival: Arrival): void {
  const times = timesOf(record, arrival, state)
  if (state.record?.value !== record.value) state.replacedValue = state.record?.value
  unsettle(state, { heardValues: without(state.unsettled.heardValues, record.value) })
  state.times = times
  state.record = record
  cool(state)
  noteGeneration(state, record.generation)
}

/** Drops the record and what was known of failures and rejections, for `clear()`. */
export function clearState(state: Writable): void {
  state.record = undefined
  state.times = undefined
  cool(state)
  unsettle(state, { clears: state.unsettled.clears + 1, isUnwritten: false })
  forgetRejected(state)
  forgetFailure(state)
}

/** The record in memory is known to be the one that counts, as of a moment. */
export function noteSeenAt(state: Writable, seen: Moment): void {
  if (state.times !== undefined) state.times = { ...state.times, seen: laterOf(state.times.seen, seen) }
}

/** The cache has answered, or has failed. */
export function noteCacheAnswer(state: Writable, operation: CacheErrorDetails['operation'], isAnswer: boolean): void {
  if (operation !== 'now') unsettle(state, { isCacheSilent: !isAnswer })
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
  unsettle(state, { doubtedAt: momentOf(clock) })
}

/** The record in memory needs no write: it is in the store, or must not get there. */
export function noteWritten(state: Writable): void {
  unsettle(state, { isUnwritten: false })
}

/** The record in memory has to be written once the store answers again. */
export function noteUnwritten(state: Writable): void {
  unsettle(state, { isUnwritten: true })
}

/** A deferred write is planned, or is over. */
export function planWrite(state: Writable, isPlanned: boolean): void {
  unsettle(state, { isWritePlanned: isPlanned })
}

/** The moments of the record in memory are on this host's clock, or on the store's. */
export function noteUntimed(state: Writable, isUntimed: boolean): void {
  unsettle(state, { isUntimed })
}

/** Puts the moments of a record that was brought while the store's time was not known onto the store's clock. */
export function putInTime(state: Writable, sharedNowMs: number, clock: Clock): void {
  const { record, times } = state
  const { isUntimed } = state.unsettled
  unsettle(state, { isUntimed: false })
  if (!isUntimed || record === undefined || times === undefined) return
  const aheadMs = Math.round(sharedNowMs + timeLeftMs(expiryOf(times), clock)) - record.expiresAtMs
  const { issuedAtMs, expiresAtMs, repeatedAtMs } = record
  state.record = changedRecord(record, {
    issuedAtMs: issuedAtMs + aheadMs,
    expiresAtMs: expiresAtMs + aheadMs,
    ...(repeatedAtMs !== undefined && { repeatedAtMs: repeatedAtMs + aheadMs }),
  })
}

/** A refresh is under way. */
export function beginRefresh(state: Writable, refresh: RunningRefresh): void {
  unsettle(state, { refresh })
}

/** A refresh is over, or is waited for no longer. */
export function endRefresh(state: Writable, refresh: RunningRefresh): void {
  if (state.unsettled.refresh === refresh) unsettle(state, { refresh: undefined })
}

/** Upstream is being asked. @returns Notes that the result is in memory. */
export function noteAsking(state: Writable, clock: Clock): () => void {
  let end = (): void => undefined
  const over = new Promise<void>((resolve) => {
    end = resolve
  })
  const asking: Asking = { since: momentOf(clock), over }
  unsettle(state, { asking: [...state.unsettled.asking, asking] })
  cool(state)
  return () => {
    const others = state.unsettled.asking.filter((other) => other !== asking)
    unsettle(state, { asking: others.length === 0 ? noAsking : others })
    end()
  }
}

/** A look at the cache outside of a refresh has begun. */
export function noteLook(state: Writable, clock: Clock, look: () => Promise<void>): void {
  state.look = { beganAt: momentOf(clock), over: look() }
}

/** A refresh failed, here or in another process. */
export function noteFailure(state: Writable, failure: FailureRecord): void {
  unsettle(state, { failure })
}

/** The account works again. */
export function forgetFailure(state: Writable): void {
  unsettle(state, { failure: undefined })
}

/** The tokens that a state knows, to be masked in texts of others. */
export function heldTokens({ record, replacedValue, unsettled }: AccountState): readonly string[] {
  const { rejected, heardValues, rejectedValues } = unsettled
  const held = [record?.value, replacedValue, rejected?.value, ...heardValues, ...rejectedValues]
  return [...new Set(held.filter((value) => value !== undefined))]
}

const mostHeard = 8
const mostRejected = 32

/** Remembers a token that the cache or upstream gave. */
export function noteHeard(state: Writable, value: string): void {
  const { heardValues } = state.unsettled
  if (state.record?.value !== value && heardValues[0] !== value)
    unsettle(state, { heardValues: withFirst(heardValues, value, mostHeard) })
}

/** Remembers a token that an API rejected. */
export function noteRejectedValue(state: Writable, value: string): void {
  unsettle(state, { rejectedValues: withFirst(state.unsettled.rejectedValues, value, mostRejected) })
}

/** An API rejected the token in memory: it is neither served nor written any more. */
export function rejectRecord(state: Writable, value: string, code: PlatformCode | undefined): void {
  const { rejected } = state.unsettled
  const lastCode = rejected?.value === value ? rejected.code : undefined
  unsettle(state, { rejected: { value, code: code ?? lastCode }, isUnwritten: false })
  cool(state)
  noteRejectedValue(state, value)
}

/** The cache says that an API rejected the token in memory. */
export function markRecord(state: Writable, { value, rejectedCode }: StoredRecord): void {
  if (rejectedCode === undefined || state.record?.value !== value) return
  state.record = changedRecord(state.record, { rejectedCode })
  cool(state)
  unsettle(state, { isUnwritten: false })
}

/** Forgets that a token was rejected, because the platform accepts it after all; without a value, every rejection. */
export function forgetRejected(state: Writable, value?: string): void {
  const { rejectedValues } = state.unsettled
  unsettle(state, {
    rejected: undefined,
    rejectedValues: value === undefined ? noTokens : without(rejectedValues, value),
  })
}

function withFirst(values: readonly string[], first: string, most: number): readonly string[] {
  return [first, ...without(values, first)].slice(0, most)
}

function without(values: readonly string[], value: string): readonly string[] {
  const left = values.filter((one) => one !== value)
  return left.length === 0 ? noTokens : left
}

/** Whether the record in memory was rejected by an API. */
export function isRejected(state: AccountState): boolean {
  return state.record !== undefined && isRejectedRecord(state, state.record)
}

/** Whether a record was rejected by an API, here or, as its mark says, elsewhere. */
export function isRejectedRecord(state: AccountState, record: StoredRecord): boolean {
  return record.rejectedCode !== undefined || state.unsettled.rejectedValues.includes(record.value)
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
  const hot = hotSourcesOf(state)
  if (!isHot || hot.includes(source)) return
  for (const last of hot.slice(mostHot - 1)) last.cool()
  keepHot(state, [source, ...hot.slice(0, mostHot - 1)])
}

function hotSourcesOf({ hotSource, otherHotSources }: AccountState): readonly HotSource[] {
  return hotSource === undefined ? noHotSources : [hotSource, ...otherHotSources]
}

function keepHot(state: Writable, [first, ...others]: readonly HotSource[]): void {
  state.hotSource = first
  state.otherHotSources = others.length === 0 ? noHotSources : others
}

/** Has every source look at the state again. */
function cool(state: Writable): void {
  for (const source of hotSourcesOf(state)) source.cool()
  keepHot(state, noHotSources)
}

/** A source serves the account no longer. */
export function forgetSource(state: Writable, source: HotSource): void {
  source.cool()
  keepHot(
    state,
    hotSourcesOf(state).filter((one) => one !== source),
  )
}
