import type { Clock } from './clock.js'

/** The store's clock is asked again after this time. */
const trustMs = 60_000
/** A wall clock that moves this much against the monotonic one tells of a sleep, or of a clock that was set. */
const jumpMs = 1000

/** The clock that records are written on: the store's where it has one, else this host's. */
export class SharedTime {
  readonly #clock: Clock
  readonly #ask: (() => Promise<number | undefined>) | undefined
  /** The store's time when the monotonic clock stood at 0. */
  #offsetMs: number | undefined
  #askedAtMs = -Infinity
  #wallOffsetMs = 0

  /** @param ask gives the store's Unix milliseconds, `undefined` when it does not answer */
  constructor(clock: Clock, ask: (() => Promise<number | undefined>) | undefined) {
    this.#clock = clock
    this.#ask = ask
  }

  /** Now, Unix milliseconds. A store that does not answer is reckoned on from its last word. */
  async nowMs(): Promise<number> {
    const { now, monotonic } = this.#clock
    if (this.#ask === undefined) return now()
    const hasJumped = Math.abs(now() - monotonic() - this.#wallOffsetMs) > jumpMs
    if (hasJumped || monotonic() - this.#askedAtMs >= trustMs) {
      const told = await this.#ask()
      if (told !== undefined) {
        this.#offsetMs = told - monotonic()
        this.#askedAtMs = monotonic()
        this.#wallOffsetMs = now() - monotonic()
      }
    }
    return this.#offsetMs === undefined ? now() : monotonic() + this.#offsetMs
  }
}
