import type { Clock } from '../clock.js'
import { onAbort } from '../time/on-abort.js'

/** The queues of a manager: one for each provider, so that a platform that hangs takes no turns from the accounts of others. */
export class RefreshQueues {
  readonly #most: number
  readonly #queues = new Map<string, RefreshQueue>()

  constructor(most: number) {
    this.#most = most
  }

  of(provider: string): RefreshQueue {
    const queue = this.#queues.get(provider) ?? new RefreshQueue(this.#most)
    this.#queues.set(provider, queue)
    return queue
  }
}

/**
 * Bounds how many refreshes are under way at one platform. The next one is the one that has waited longest; those that a caller waits
 * for come before those ahead.
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

/**
 * How a wait for a turn ended.
 *
 * - `come`: the turn has come
 * - `late`: it did not come in time
 * - `left`: it is no longer needed, see {@link Turn.leave}
 */
export type Waited = 'come' | 'late' | 'left'

/** What a turn is for. */
export interface TurnOptions {
  readonly clock: Clock
  /** Whether a caller waits for it. */
  readonly isUrgent: boolean
  /** Whether it is part of another refresh, which has a turn already. */
  readonly isNested: boolean
  /** A caller waits this long for its turns, milliseconds. */
  readonly longestMs: number
}

/** The turns of one refresh: it has one for each attempt. */
export class Turn {
  readonly #queue: RefreshQueue
  readonly #options: TurnOptions
  #isUrgent: boolean
  #isNested: boolean
  #isCounted = false
  /** A caller waits this much longer, over all attempts, milliseconds. */
  #leftMs: number
  #limit: (() => void) | undefined
  #end: ((waited: Waited) => void) | undefined

  constructor(queue: RefreshQueue, options: TurnOptions) {
    this.#queue = queue
    this.#options = options
    this.#isUrgent = options.isUrgent
    this.#isNested = options.isNested
    this.#leftMs = options.longestMs
  }

  /**
   * Waits for a turn.
   *
   * @param onWait called if it has to wait. Returns a function that is called at the end of the wait.
   * @throws the signal's reason
   */
  async take(signal: AbortSignal, onWait: () => () => void): Promise<Waited> {
    signal.throwIfAborted()
    if (this.#isNested) return 'come'
    this.#isCounted = this.#queue.begin()
    return this.#isCounted ? 'come' : this.#wait(signal, onWait)
  }

  giveBack(): void {
    if (this.#isCounted) this.#queue.end()
    this.#isCounted = false
  }

  /** A caller waits for it from now on. */
  hurry(): void {
    if (this.#isUrgent) return
    this.#isUrgent = true
    if (this.#end === undefined) return
    this.#queue.join(this, true)
    this.#limit?.()
  }

  /** It needs no turn from now on: another refresh that has one waits for it. */
  admit(): void {
    this.#isNested = true
    this.#end?.('come')
  }

  /** It is this one's turn. */
  come(): void {
    this.#isCounted = true
    this.#end?.('come')
  }

  /** Ends a wait: what the turn is for came without it. */
  leave(): void {
    this.#end?.('left')
  }

  #wait(signal: AbortSignal, onWait: () => () => void): Promise<Waited> {
    const { clock } = this.#options
    return new Promise((resolve, reject) => {
      const endings = [
        onAbort(signal, () => {
          end()
          reject(signal.reason as Error)
        }),
      ]
      const end = (): void => {
        this.#queue.leave(this)
        this.#end = undefined
        this.#limit = undefined
        for (const ending of endings) ending()
      }
      this.#end = (waited) => {
        end()
        resolve(waited)
      }
      this.#limit = () => {
        const sinceMs = clock.monotonic()
        const timer = clock.setTimer(() => this.#end?.('late'), this.#leftMs, { holdsProcess: true })
        endings.push(() => {
          timer.cancel()
          this.#leftMs -= clock.monotonic() - sinceMs
        })
      }
      this.#queue.join(this, this.#isUrgent)
      if (this.#isUrgent) this.#limit()
      endings.push(onWait())
    })
  }
}
