import type { Clock } from '../clock.js'
import { type Moment, momentOf, msSince } from '../time/moment.js'

/** The store's clock is asked again after this time. */
const trustMs = 60_000
/** A wall clock that moves this much against the monotonic one tells of a sleep, or of a clock that was set. */
const jumpMs = 1000
/** A store that did not answer is not asked again for so long after the time-out of that question: each may cost as much. */
const restMs = 5000
const never: Moment = { monotonic: -Infinity, wall: -Infinity }

/** A moment, with the store's time of it where that was known: the earliest that it may have been there. */
export interface SharedMoment extends Moment {
  readonly sharedMs?: number
}

/**
 * The clock that records are written on: the store's where it has one, else this host's.
 *
 * A store's answer tells of some moment between question and answer. So there are two readings: what stands in the store is
 * judged by the latest that it may be there, and moments are written down by the earliest. An answer that was slow makes a
 * token's life shorter, for readers of another host too, and never longer.
 */
export class StoreClock {
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #ask: (() => Promise<number | undefined>) | undefined
  readonly #isSilent: () => boolean
  /** The store's time when the monotonic clock stood at 0: at the earliest, and at the latest. */
  #offset: { readonly earliestMs: number; readonly latestMs: number } | undefined
  #askedAtMs = -Infinity
  #failures = 0
  #failedAt = never
  #wallOffsetMs = 0

  /**
   * @param ask gives the store's Unix milliseconds, `undefined` when it does not answer
   * @param timeoutMs an answer that took longer tells of some moment in between: the process was stopped
   * @param isSilent whether the store failed the last time that anything else was asked of it
   */
  constructor(
    clock: Clock,
    ask: (() => Promise<number | undefined>) | undefined,
    timeoutMs: number,
    isSilent: () => boolean,
  ) {
    this.#timeoutMs = timeoutMs
    this.#clock = clock
    this.#ask = ask
    this.#isSilent = isSilent
  }

  /** Now at the latest, Unix milliseconds. A store that does not answer is reckoned on from its last word. */
  async nowMs(): Promise<number> {
    const { monotonic } = this.#clock
    // Whoever waits has waited for the store already, and shall not wait for it twice.
    if (this.#isSilent() || msSince(this.#failedAt, this.#clock) < restMs + this.#timeoutMs) return this.reckonedNowMs()
    if (!this.isKnown() || monotonic() - this.#askedAtMs >= trustMs) await this.#askStore()
    // Without it nothing in the store can be judged, so one lost message is not to cost a refresh.
    if (!this.isKnown()) await this.#askStore()
    return this.reckonedNowMs()
  }

  /** Whether the store's time is known here. Until it is, its records can be neither read nor written. */
  isKnown(): boolean {
    if (this.#ask === undefined) return true
    const { now, monotonic } = this.#clock
    return this.#offset !== undefined && Math.abs(now() - monotonic() - this.#wallOffsetMs) <= jumpMs
  }

  /** The same, without asking. */
  reckonedNowMs(): number {
    const { now, monotonic } = this.#clock
    return this.#offset === undefined ? now() : monotonic() + this.#offset.latestMs
  }

  /** Now at the earliest, without asking. */
  reckonedEarliestMs(): number {
    const { now, monotonic } = this.#clock
    return this.#offset === undefined ? now() : monotonic() + this.#offset.earliestMs
  }

  /** Now, to be told from other moments later, whatever the clocks of this process are set to meanwhile. */
  moment(): SharedMoment {
    const moment = momentOf(this.#clock)
    const isTold = this.#offset !== undefined && this.isKnown()
    return isTold ? { ...moment, sharedMs: this.reckonedEarliestMs() } : moment
  }

  /**
   * Milliseconds since a moment, at most. Where the clocks of this process disagree on that, the machine slept or one was set:
   * a store that told its time before and after knows which.
   */
  msSince(moment: SharedMoment): number {
    const { now, monotonic } = this.#clock
    const isAgreed = Math.abs(now() - moment.wall - (monotonic() - moment.monotonic)) <= jumpMs
    if (isAgreed || moment.sharedMs === undefined || !this.isKnown()) return msSince(moment, this.#clock)
    return Math.max(0, this.reckonedNowMs() - moment.sharedMs)
  }

  /** The same; a store that has not told its time since the clocks of this process disagree is asked for it. */
  async sureMsSince(moment: SharedMoment): Promise<number> {
    if (moment.sharedMs !== undefined && !this.isKnown()) await this.nowMs()
    return this.msSince(moment)
  }

  async #askStore(): Promise<void> {
    const { now, monotonic } = this.#clock
    const asked = momentOf(this.#clock)
    const told = await this.#ask?.()
    if (told === undefined) {
      this.#failures += 1
      // The moment of the question: where the machine slept over it, the failure says nothing about the store now.
      if (this.#failures > 1) this.#failedAt = asked
      return
    }
    this.#failures = 0
    this.#failedAt = never
    // The process was stopped before it took in the answer, which tells nothing now. The store may be asked again at once.
    if (msSince(asked, this.#clock) > this.#timeoutMs) return
    this.#offset = { earliestMs: told - monotonic(), latestMs: told - asked.monotonic }
    this.#askedAtMs = monotonic()
    this.#wallOffsetMs = now() - monotonic()
  }
}
