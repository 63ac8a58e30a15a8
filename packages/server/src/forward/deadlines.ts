import { systemClock } from '@lingpai/core'

/** Ends calls that take longer than the same time. They end in the order in which they began, so one timer serves all. */
export class Deadlines {
  readonly #ms: number
  /** What ends each call, and when, the oldest first. */
  readonly #waiting = new Map<() => void, number>()
  #isArmed = false

  constructor(ms: number) {
    this.#ms = ms
  }

  /** Calls `late` once, unless the deadline is removed before. */
  add(late: () => void): void {
    this.#waiting.set(late, systemClock.monotonic() + this.#ms)
    if (!this.#isArmed) this.#arm(this.#ms)
  }

  remove(late: () => void): void {
    this.#waiting.delete(late)
  }

  #arm(ms: number): void {
    this.#isArmed = true
    systemClock.setTimer(this.#look, ms)
  }

  readonly #look = (): void => {
    this.#isArmed = false
    const nowMs = systemClock.monotonic()
    for (const [late, atMs] of this.#waiting) {
      if (atMs > nowMs) {
        this.#arm(atMs - nowMs)
        return
      }
      this.#waiting.delete(late)
      late()
    }
  }
}
