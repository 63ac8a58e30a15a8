import type { ResolvedRenewal } from '../provider.js'
import { deadlineAtMs, nextAttemptAtMs } from '../provider/renewal.js'
import { earlierOf, laterBy, laterOf, leftAt, type Moment } from '../time/moment.js'
import type { StoredRecord } from '../token-record.js'
import { renewalModes } from '../provider/renewal-mode.js'

/**
 * Moments of a record on the monotonic clock and on the wall clock of this process. The earlier one counts. Only the anchor is kept
 * as a moment, one that is known anyway; the others are whole milliseconds from it, which take no room of their own: a process may
 * have a million accounts. Read them with {@link expiryOf}, {@link refreshAtOf} and {@link deadlineOf}.
 */
export interface LocalTimes {
  /** Of the token, made once: the hot path hands it out. */
  readonly promise: Promise<string>
  readonly anchor: Moment
  /** From the anchor to the token's expiry; 0 where the anchor is the expiry. */
  readonly expiresAfterMs: number
  /** From the next attempt to refresh ahead to the expiry. */
  readonly refreshBeforeMs: number
  /** From the deadline to the expiry. After it, the token is not handed out, unless no other can be had. */
  readonly deadlineBeforeMs: number
  /** The token may live this much longer, milliseconds; only upstream can tell. */
  readonly doubtMs: number
  /** When the cache or upstream was last asked for what turned out to be this record. */
  readonly seen: Moment
  /** How long its request took, milliseconds; infinite where another process sent it. */
  readonly requestMs: number
}

/** What is known of a record that comes into memory. */
export interface Arrival {
  readonly renewal: ResolvedRenewal
  /** A moment on the clocks of this process. */
  readonly at: Moment
  /** The same moment on the clock of the record: the store's, or this host's. */
  readonly sharedMs: number
  /** How far that clock may have been set back since the record was written. */
  readonly setBackMs: number
  /** Where in the jitter this process stands, 0 to 1. */
  readonly jitter: number
  /** Whether upstream itself has just said how long the token lives. */
  readonly isFresh: boolean
  /** When the store, or upstream, was asked. */
  readonly seen: Moment
  /** How long the request took that brought it here, milliseconds; infinite where another process sent it. */
  readonly requestMs: number
}

/** What memory holds before a record comes. */
export interface Held {
  readonly record: StoredRecord | undefined
  readonly times: LocalTimes | undefined
}

/** The moments of a record that comes into memory. What is known of the same token already is kept where it is better. */
export function timesOf(record: StoredRecord, arrival: Arrival, held: Held): LocalTimes {
  const { renewal, jitter, seen, requestMs } = arrival
  const known = held.record?.value === record.value ? held.times : undefined
  const { anchor, expiresAfterMs, doubtMs } = endOf(record, arrival, held)
  return {
    promise: known === undefined ? Promise.resolve(record.value) : known.promise,
    anchor,
    expiresAfterMs,
    refreshBeforeMs: Math.round(record.expiresAtMs - nextAttemptAtMs(record, renewal, jitter)),
    deadlineBeforeMs: Math.round(record.expiresAtMs - deadlineAtMs(record, renewal)),
    doubtMs,
    seen: known === undefined ? seen : laterOf(known.seen, seen),
    requestMs: Math.min(Math.ceil(requestMs), known?.requestMs ?? Infinity),
  }
}

/** When the token is dead. */
export function expiryOf({ anchor, expiresAfterMs }: LocalTimes): Moment {
  return laterBy(anchor, expiresAfterMs)
}

/** When the next attempt to refresh ahead is due. */
export function refreshAtOf({ anchor, expiresAfterMs, refreshBeforeMs }: LocalTimes): Moment {
  return laterBy(anchor, expiresAfterMs - refreshBeforeMs)
}

/** From when on the token is not handed out, unless no other can be had. */
export function deadlineOf({ anchor, expiresAfterMs, deadlineBeforeMs }: LocalTimes): Moment {
  return laterBy(anchor, expiresAfterMs - deadlineBeforeMs)
}

/** When a record's token dies, on the clocks of this process, and how much longer it may live. */
function endOf(
  record: StoredRecord,
  { renewal, at, sharedMs, setBackMs, isFresh }: Arrival,
  held: Held,
): Pick<LocalTimes, 'anchor' | 'expiresAfterMs' | 'doubtMs'> {
  const longestMs = lifeLeftMs(record, renewal, sharedMs)
  const sureMs = lifeLeftMs(record, renewal, sharedMs + setBackMs)
  const known = held.record?.value === record.value && !isFresh ? held.times : undefined
  // Only upstream's own word is better than what was known.
  if (known === undefined) return { anchor: at, expiresAfterMs: sureMs, doubtMs: longestMs - sureMs }
  const isGuess = held.record?.isLifetimeAssumed === true
  const mayGrow = renewalModes[renewal.mode].prolongs || renewal.trustSeconds !== Infinity || isGuess
  if (mayGrow && record.expiresAtMs > (held.record?.expiresAtMs ?? 0)) {
    // A longer life is at least the one that was known, however much of it a clock that was set puts in doubt.
    const leftMs = Math.max(sureMs, Math.floor(leftAt(expiryOf(known), at)))
    return { anchor: at, expiresAfterMs: leftMs, doubtMs: Math.max(0, longestMs - leftMs) }
  }
  // A wall clock that was set back since the token was first seen must not lengthen its life.
  const expiry = earlierOf(laterBy(at, longestMs), expiryOf(known))
  return { anchor: expiry, expiresAfterMs: 0, doubtMs: known.doubtMs }
}

/** What is left of a record's life at a moment of the clock that it was written on. */
function lifeLeftMs(
  { issuedAtMs, expiresAtMs }: StoredRecord,
  { maxLifeSeconds, trustSeconds }: ResolvedRenewal,
  nowMs: number,
): number {
  // A writer whose clock runs ahead must not lengthen the life of its token here,
  // and a record that promises more than the platform ever gives is not believed.
  return Math.floor(Math.min(expiresAtMs - Math.max(nowMs, issuedAtMs), maxLifeSeconds * 1000, trustSeconds * 1000))
}
