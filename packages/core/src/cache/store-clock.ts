import type { Clock } from '../clock.js'
import { type Moment, momentOf, msSince, never } from '../time/moment.js'

/** The store's time is read again after this time. */
const trustMs = 60_000
/** If the wall clock moves this much against the monotonic clock, the machine slept or a clock was set. */
const jumpMs = 1000
/** Pause after a store failed to report its time, in addition to the timeout: each attempt may cost as much. */
const restMs = 5000

/** A moment, with the store's time if that was known: the earliest that it may have been. */
export interface SharedMoment extends Moment {
  readonly sharedMs?: number
}

/** Asks the store for its time, on behalf of one account. */
export interface TimeAsker {
  /** Whether the last other operation failed. */
  isSilent(): boolean
  /** Asks for the store's time in Unix milliseconds; `undefined` if it does not respond. */
  askTime(): Promise<number | undefined>
}

/**
 * The clock that records use: the store's if it has one, otherwise this host's.
 *
 * The store's response stands for some moment between request and response. So there are two readings: entries of the
 * store are judged by the latest possible time, and moments are stored by the earliest. A slow response can therefore
 * shorten a token's life, on other hosts too, but never lengthen it.
 */
export class StoreClock {
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #hasTime: boolean
  #asking: Promise<void> | undefined
  /** The store's time when the monotonic clock was at 0: the earliest and the latest possible. */
  #offset: { readonly earliestMs: number; readonly latestMs: number } | undefined
  #askedAtMs = -Infinity
  #failures = 0
  #failedAt = never
  #wallOffsetMs = 0

  /**
   * @param hasTime whether the store has a clock of its own
   * @param timeoutMs a response that took longer is discarded: the process was stopped meanwhile
   */
  constructor(clock: Clock, hasTime: boolean, timeoutMs: number) {
    this.#clock = clock
    this.#hasTime = hasTime
    this.#timeoutMs = timeoutMs
  }

  /**
   * The latest possible current time in Unix milliseconds. If the store does not respond, the time is extrapolated from
   * its last response.
   *
   * @param asker asks the store; a question under way is shared
   */
  async nowMs(asker: TimeAsker): Promise<number> {
    const { monotonic } = this.#clock
    // The caller has already waited for the store and must not wait for it twice.
    if (asker.isSilent() || msSince(this.#failedAt, this.#clock) < restMs + this.#timeoutMs) return this.reckonedNowMs()
    if (!this.isKnown() || monotonic() - this.#askedAtMs >= trustMs) await this.#ask(asker)
    // Without the time, no entry of the store can be judged, so one lost message must not cost a refresh.
    if (!this.isKnown()) await this.#ask(asker)
    return this.reckonedNowMs()
  }

  /** Whether the store's time is known. Until it is, records can be neither read nor written. */
  isKnown(): boolean {
    if (!this.#hasTime) return true
    const { now, monotonic } = this.#clock
    return this.#offset !== undefined && Math.abs(now() - monotonic() - this.#wallOffsetMs) <= jumpMs
  }

  /** The same without I/O. */
  reckonedNowMs(): number {
    const { now, monotonic } = this.#clock
    return this.#offset === undefined ? now() : monotonic() + this.#offset.latestMs
  }

  /** The earliest possible current time, without I/O. */
  reckonedEarliestMs(): number {
    const { now, monotonic } = this.#clock
    return this.#offset === undefined ? now() : monotonic() + this.#offset.earliestMs
  }

  /**
   * The current moment. It can be compared with later moments, even if the clocks of this process are set in between.
   */
  moment(): SharedMoment {
    const moment = momentOf(this.#clock)
    const isTold = this.#offset !== undefined && this.isKnown()
    return isTold ? { ...moment, sharedMs: this.reckonedEarliestMs() } : moment
  }

  /**
   * The most milliseconds that may have passed since a moment. If the clocks of this process disagree, the machine
   * slept or a clock was set; a store that reported its time before and after shows which.
   */
  msSince(moment: SharedMoment): number {
    const { now, monotonic } = this.#clock
    const isAgreed = Math.abs(now() - moment.wall - (monotonic() - moment.monotonic)) <= jumpMs
    if (isAgreed || moment.sharedMs === undefined || !this.isKnown()) return msSince(moment, this.#clock)
    return Math.max(0, this.reckonedNowMs() - moment.sharedMs)
  }

  /** The same; asks the store for its time if it has not reported it since the clocks of this process disagree. */
  async sureMsSince(moment: SharedMoment, asker: TimeAsker): Promise<number> {
    if (moment.sharedMs !== undefined && !this.isKnown()) await this.nowMs(asker)
    return this.msSince(moment)
  }

  async #ask(asker: TimeAsker): Promise<void> {
    if (!this.#hasTime) return
    this.#asking ??= this.#askStore(asker).finally(() => {
      this.#asking = undefined
    })
    await this.#asking
  }

  async #askStore(asker: TimeAsker): Promise<void> {
    const { now, monotonic } = this.#clock
    const askedAt = momentOf(this.#clock)
    const told = await asker.askTime()
    if (told === undefined) {
      this.#failures += 1
      // The start of the request: if the machine slept during it, the failure says nothing about the store now.
      if (this.#failures > 1) this.#failedAt = askedAt
      return
    }
    this.#failures = 0
    this.#failedAt = never
    // The process was stopped before it read the response, so that says nothing about the current time. The store may
    // be asked again at once.
    if (msSince(askedAt, this.#clock) > this.#timeoutMs) return
    this.#offset = { earliestMs: told - monotonic(), latestMs: told - askedAt.monotonic }
    this.#askedAtMs = monotonic()
    this.#wallOffsetMs = now() - monotonic()
  }
}
