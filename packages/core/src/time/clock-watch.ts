import type { Clock } from '../clock.js'
import { agendaOf } from './agenda.js'

/**
 * A span of the wall clock in which it agrees with the monotonic clock: what was reckoned on one holds on the other. It moves on for
 * five seconds after each call that was not served on the hot path, and then rests until the next one. Once the clocks disagree, it
 * never opens again.
 */
export interface AgreedSpan {
  readonly clock: Pick<Clock, 'now'>
  readonly beganMs: number
  readonly fromMs: number
  readonly toMs: number
}

/** Whether a span holds now, and so many milliseconds from its beginning are not over. */
export function lasts(span: AgreedSpan | undefined, forMs: number): boolean {
  if (span === undefined) return false
  const nowMs = span.clock.now()
  return nowMs >= span.fromMs && nowMs < span.toMs && nowMs < span.beganMs + forMs
}

/** How long one look at both clocks is good for. */
const trustMs = 1000
/** The clocks are looked at this often, and this many times. */
const betweenLooksMs = 500
const looksAfterwards = 10
/** Moments within a span are small integers, which take no room of their own. */
const longestSpanMs = 2 ** 30
/** Clocks that moved apart by less than this agree. */
export const agreedMs = 50

/**
 * Watches for a wall clock that is set, for all accounts. A check of the wall clock alone could not see that it was
 * set back.
 */
class ClockWatch {
  readonly #clock: Clock
  #span: { -readonly [Field in keyof AgreedSpan]: AgreedSpan[Field] }
  #apartMs = Infinity
  #looksLeft = 0
  #tick: { readonly dueAtMs: number; isOver: boolean; readonly run: () => void } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#span = { clock, beganMs: 0, fromMs: Infinity, toMs: -Infinity }
  }

  /** The span that holds now, and as long as the clocks agree. */
  open(): AgreedSpan {
    this.#look()
    this.#looksLeft = looksAfterwards
    // Some edge runtimes drop the timers of a request that has ended.
    if (this.#clock.monotonic() > (this.#tick?.dueAtMs ?? -Infinity) + trustMs) this.#waitForTick()
    return this.#span
  }

  #look(): void {
    const wallMs = this.#clock.now()
    const apartMs = wallMs - this.#clock.monotonic()
    const isOld = wallMs - this.#span.beganMs > longestSpanMs
    if (isOld || Math.abs(apartMs - this.#apartMs) > agreedMs) {
      this.#span.toMs = -Infinity
      this.#span = { clock: this.#clock, beganMs: wallMs, fromMs: wallMs, toMs: wallMs }
      this.#apartMs = apartMs
    }
    this.#span.fromMs = wallMs
    this.#span.toMs = wallMs + trustMs
  }

  #waitForTick(): void {
    const agenda = agendaOf(this.#clock)
    if (this.#tick !== undefined) {
      // A tick that is only late, not lost, must not go on beside the next one.
      this.#tick.isOver = true
      agenda.noteOver()
    }
    this.#tick = {
      dueAtMs: this.#clock.monotonic() + betweenLooksMs,
      isOver: false,
      run: () => {
        this.#tick = undefined
        // A wall clock that is set back into the last span must not open it again.
        this.#span.toMs = -Infinity
        if (this.#looksLeft === 0) return
        this.#looksLeft -= 1
        this.#look()
        this.#waitForTick()
      },
    }
    agenda.plan(this.#tick)
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
