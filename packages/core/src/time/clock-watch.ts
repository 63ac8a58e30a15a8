import type { Clock } from '../clock.js'

/**
 * A span of the wall clock in which it agrees with the monotonic clock: what was reckoned on one holds on the other. It moves on
 * while the clocks agree, and is closed for good once they do not.
 */
export interface AgreedSpan {
  readonly fromMs: number
  readonly toMs: number
}

/** How long one look at both clocks is good for. */
const trustMs = 1000
/** The clocks are looked at this often, for as long as anybody needs it, and this many times more. */
const betweenLooksMs = 500
const looksAfterwards = 10
/** Clocks that moved apart by less than this agree. */
export const agreedMs = 50

/**
 * Watches for a wall clock that is set, with one timer for all accounts. A check of the wall clock alone could not see that it was
 * set back.
 */
class ClockWatch {
  readonly #clock: Clock
  #span: { fromMs: number; toMs: number } = { fromMs: Infinity, toMs: -Infinity }
  #apartMs = Infinity
  #looksLeft = 0
  #isTicking = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The span that holds now, and as long as the clocks agree. */
  open(): AgreedSpan {
    this.#look()
    this.#looksLeft = looksAfterwards
    if (!this.#isTicking) this.#waitForTick()
    return this.#span
  }

  #look(): void {
    const wallMs = this.#clock.now()
    const apartMs = wallMs - this.#clock.monotonic()
    if (Math.abs(apartMs - this.#apartMs) > agreedMs) {
      this.#span.toMs = -Infinity
      this.#span = { fromMs: wallMs, toMs: wallMs }
      this.#apartMs = apartMs
    }
    this.#span.fromMs = wallMs
    this.#span.toMs = wallMs + trustMs
  }

  #waitForTick(): void {
    this.#isTicking = true
    this.#clock.setTimer(() => {
      this.#isTicking = false
      // A wall clock that is set back into the last span must not open it again.
      this.#span.toMs = -Infinity
      if (this.#looksLeft === 0) return
      this.#looksLeft -= 1
      this.#look()
      this.#waitForTick()
    }, betweenLooksMs)
  }
}

const watches = new WeakMap<Clock, ClockWatch>()

/** The watch of a clock. */
export function watchOf(clock: Clock): { open(): AgreedSpan } {
  const known = watches.get(clock)
  if (known !== undefined) return known
  const watch = new ClockWatch(clock)
  watches.set(clock, watch)
  return watch
}
