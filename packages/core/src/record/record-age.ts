import { expiryOf } from '../state/local-times.js'
import type { AccountContext } from '../state/account-context.js'
import { noteDoubted } from '../state/account-state.js'
import { msSince, type Moment } from '../time/moment.js'
import { changedRecord, promptMs, type StoredRecord } from '../token-record.js'

/** Moments that clocks tell less than this apart count as one. */
const toleranceMs = 1000

/**
 * How far the host's clock may have been set back since a record was written, which is how much too young the record seems. A new
 * record was written after the last look at the cache. So where the clock was set back since then, its age is at most the time since
 * that look on the monotonic clock. A store's own clock is never set.
 */
export function setBackSince<C>(
  { gate, clock }: AccountContext<C>,
  readAt: Moment | undefined,
  record: StoredRecord,
): number {
  if (readAt === undefined || gate.cache.nowMs !== undefined) return 0
  const elapsedMs = clock.monotonic() - readAt.monotonic
  const setBackMs = readAt.wall + elapsedMs - clock.now()
  // The wall clock gained on the monotonic one: it was set forward, or the machine slept.
  if (setBackMs <= toleranceMs) return Math.max(0, setBackMs)
  const { issuedAtMs, writtenAtMs = 0, repeatedAtMs = 0 } = record
  const seemingAgeMs = clock.now() - Math.max(issuedAtMs, writtenAtMs, repeatedAtMs)
  return Math.max(0, elapsedMs + promptMs - seemingAgeMs)
}

/**
 * Whether a record was requested before the clock was set back to where it is now, and the one in memory after that. Where all
 * processes go by the clock of one host, a moment ahead of it shows the former; the clocks of memory's moments show the latter.
 */
export function isFromBeforeSetBack<C>(
  { state, clock, gate }: AccountContext<C>,
  { issuedAtMs }: StoredRecord,
): boolean {
  if (gate.cache.nowMs !== undefined || gate.cache.reach === 'fleet') return false
  if (state.times === undefined || issuedAtMs <= gate.reckonedNowMs() + toleranceMs) return false
  const { anchor } = state.times
  // If it was set since the anchor, it may have been set forward before the record was requested, and back by less after that.
  return Math.abs(anchor.wall - anchor.monotonic - (clock.now() - clock.monotonic())) <= toleranceMs
}

/** Whether this process requested the token in memory, and its moments are on the clock as it is now. */
export function isHeldOwn<C>({ state, gate }: AccountContext<C>): boolean {
  const { record, times } = state
  return (
    record !== undefined && times?.requestMs !== Infinity && record.issuedAtMs <= gate.reckonedNowMs() + toleranceMs
  )
}

/**
 * How much later a found token was requested than the one in memory, milliseconds. Where the clock was set back since, the moment of
 * the latter is put on the clock as it is now: what others requested later has an earlier moment there.
 */
export function laterByMs<C>(
  { state: { times }, clock, gate }: AccountContext<C>,
  found: StoredRecord,
  { issuedAtMs, expiresAtMs }: StoredRecord,
): number {
  // What is ahead of the clock is on the clock as it was before it was set back, and so is the one in memory.
  const isAhead = found.issuedAtMs > clock.now() + toleranceMs
  if (gate.cache.nowMs !== undefined || times === undefined || isAhead) return found.issuedAtMs - issuedAtMs
  const agoMs = clock.monotonic() - expiryOf(times).monotonic + (expiresAtMs - issuedAtMs)
  return found.issuedAtMs - Math.min(issuedAtMs, clock.now() - agoMs)
}

/** How much older than it seems a record may be: as far as a clock is known to have been set back, or its whole life. */
export function doubtOf<C>(context: AccountContext<C>, record: StoredRecord, setBackMs: number): number {
  if (!isFromFuture(context, record, setBackMs)) return setBackMs
  noteDoubted(context.state, context.clock)
  return record.expiresAtMs - context.gate.reckonedNowMs()
}

/** Clocks of the writers may differ by this much, or be set by this much, before a record counts as from the future. */
const aheadMs = { oneClock: 5 * 60_000, manyClocks: 86_400_000 } as const
/** If clocks never agree, doubt about each other's records costs a refresh this often at most. */
const betweenDoubtsMs = 3_600_000

/**
 * Whether a record was written while a clock was ahead that has been corrected since. The age of its token is unknown,
 * so it is replaced instead of believed. A read-only source cannot replace it.
 */
function isFromFuture<C>(
  { state, clock, gate, isReadonly }: AccountContext<C>,
  record: StoredRecord,
  setBackMs: number,
): boolean {
  if (isReadonly) return false
  const { doubtedAt } = state.unsettled
  if (doubtedAt !== undefined && msSince(doubtedAt, clock) < betweenDoubtsMs) return false
  const { nowMs, reach = 'process' } = gate.cache
  const isOneClock = nowMs !== undefined || reach !== 'fleet'
  const latestMs = gate.reckonedNowMs() + setBackMs + (isOneClock ? aheadMs.oneClock : aheadMs.manyClocks)
  return record.issuedAtMs > latestMs
}

/** A record as it is shown: whatever its entry says, no token lives longer from now than the platform lets one live. */
export function shownRecord<C>({ gate, spec }: AccountContext<C>, record: StoredRecord): StoredRecord {
  const nowMs = gate.reckonedNowMs()
  const latestMs = Math.ceil(nowMs + spec.renewal.maxLifeSeconds * 1000)
  if (record.expiresAtMs <= latestMs) return record
  return changedRecord(record, { issuedAtMs: Math.min(record.issuedAtMs, Math.floor(nowMs)), expiresAtMs: latestMs })
}
