import type { Clock } from '../clock.js'
import { onAbort } from '../time/on-abort.js'

/**
 * Bounds how many refreshes of a manager are under way at the platforms. The next one is the one that has waited longest; those that a
 * caller waits for come before those ahead.
 */
export class RefreshQueue {
  readonly #most: number
  #underWay = 0
  readonly #urgent = new Set<Turn>()
  readonly #ahead = new Set<Turn>()

  constructor(most: number) {
    this.#most = most
  }

  /** @returns whether one more may begin now */
  begin(): boolean {
    if (this.#underWay >= this.#most) return false
    this.#underWay += 1
    return true
  }

  /** One is over: the next one takes its place. */
  end(): void {
    const [next] = this.#urgent.size > 0 ? this.#urgent : this.#ahead
    if (next === undefined) this.#underWay -= 1
    else next.come()
  }

  /** Puts a turn into the line, at its end. */
  join(turn: Turn, isUrgent: boolean): void {
    this.leave(turn)
    if (isUrgent) this.#urgent.add(turn)
    else this.#ahead.add(turn)
  }

  leave(turn: Turn): void {
    this.#urgent.delete(turn)
    this.#ahead.delete(turn)
  }
}

/** What a turn is for. */
export interface TurnOptions {
  readonly clock: Clock
  /** Whether a caller waits for it. */
  readonly isUrgent: boolean
  /** Whether it is part of another refresh, which has a turn already. */
  readonly isNested: boolean
  /** A caller waits this long for a turn, milliseconds. */
  readonly longestMs: number
}

/** The turns of one refresh: it has one for each attempt. */
export class Turn {
  readonly #queue: RefreshQueue
  readonly #options: TurnOptions
  #isUrgent: boolean
  #isNested: boolean
  #isCounted = false
  #limit: (() => void) | undefined
  #come: (() => void) | undefined

  constructor(queue: RefreshQueue, options: TurnOptions) {
    this.#queue = queue
    this.#options = options
    this.#isUrgent = options.isUrgent
    this.#isNested = options.isNested
  }

  /**
   * Waits for a turn.
   *
   * @returns `false` if it did not come in time
   * @throws the signal's reason
   */
  async take(signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted()
    if (this.#isNested) return true
    this.#isCounted = this.#queue.begin()
    return this.#isCounted || this.#wait(signal)
  }

  giveBack(): void {
    if (this.#isCounted) this.#queue.end()
    this.#isCounted = false
  }

  /** A caller waits for it from now on. */
  hurry(): void {
    if (this.#isUrgent) return
    this.#isUrgent = true
    if (this.#come === undefined) return
    this.#queue.join(this, true)
    this.#limit?.()
  }

  /** Another refresh that has a turn waits for it. */
  admit(): void {
    this.#isNested = true
    this.#come?.()
  }

  /** It is this one's turn. */
  come(): void {
    this.#isCounted = true
    this.#come?.()
  }

  #wait(signal: AbortSignal): Promise<boolean> {
    const { clock, longestMs } = this.#options
    return new Promise((resolve, reject) => {
      const endings = [
        onAbort(signal, () => {
          end()
          reject(signal.reason as Error)
        }),
      ]
      const end = (): void => {
        this.#queue.leave(this)
        this.#come = undefined
        this.#limit = undefined
        for (const ending of endings) ending()
      }
      this.#come = () => {
        end()
        resolve(true)
      }
      this.#limit = () => {
        const timer = clock.setTimer(
          () => {
            end()
            resolve(false)
          },
          longestMs,
          { holdsProcess: true },
        )
        endings.push(() => {
          timer.cancel()
        })
      }
      this.#queue.join(this, this.#isUrgent)
      if (this.#isUrgent) this.#limit()
    })
  }
}
