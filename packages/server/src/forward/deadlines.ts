import { systemClock } from '@lingpai/core'
import type { CallEnd } from './call-end.js'
import { GatewayError } from './call-error.js'

/** When a call ends. Linked in the order in which they were added, which is that of their ends. */
export interface Deadline {
  readonly call: CallEnd
  readonly atMs: number
  before: Deadline | undefined
  after: Deadline | undefined
}

/**
 * Ends calls whose responses do not begin within the same time. One timer serves all, because nearly each call is removed long before its
 * end. A list, because the tables that a `Map` outgrows keep ended calls in memory until the next large garbage collection.
 */
export class Deadlines {
  readonly #ms: number
  #first: Deadline | undefined
  #last: Deadline | undefined
  #isArmed = false

  constructor(ms: number) {
    this.#ms = ms
  }

  add(call: CallEnd): Deadline {
    const added = { call, atMs: systemClock.monotonic() + this.#ms, before: this.#last, after: undefined }
    if (this.#last === undefined) this.#first = added
    else this.#last.after = added
    this.#last = added
    if (!this.#isArmed) this.#arm(this.#ms)
    return added
  }

  /** Removes a deadline. Does nothing if it was removed before. */
  remove(deadline: Deadline): void {
    const { before, after } = deadline
    if (before === undefined && deadline !== this.#first) return
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    deadline.before = deadline.after = undefined
  }

  #arm(ms: number): void {
    this.#isArmed = true
    systemClock.setTimer(() => {
      this.#look()
    }, ms)
  }

  #look(): void {
    this.#isArmed = false
    const nowMs = systemClock.monotonic()
    for (let first = this.#first; first !== undefined; first = this.#first) {
      if (first.atMs > nowMs) {
        this.#arm(first.atMs - nowMs)
        return
      }
      this.remove(first)
      first.call.end(new GatewayError(504, 'no response from the platform in time; the call was not repeated'))
    }
  }
}
