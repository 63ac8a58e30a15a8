import { ConfigError, type Clock } from '@lingpai/core'
import { settle } from './settle.js'
import { timerQueue, type ArmedTimer } from './timer-queue.js'

/** Options of `testClock`. */
export interface TestClockOptions {
  /** Wall clock at the start, Unix milliseconds. @default 1_767_225_600_000 (2026-01-01T00:00:00Z) */
  readonly startAtMs?: number
  /** Maximum number of timers that one `advance` fires before it throws. @default 100_000 */
  readonly maxTimers?: number
}

/** Limits of {@link TestClock.runUntil}. */
export interface RunUntilOptions {
  /** Maximum time of this clock, in milliseconds. @default 86_400_000 (a day) */
  readonly limitMs?: number
  /** Maximum real time without progress, in milliseconds, for work without a timer, such as a request to another process. @default 5_000 */
  readonly realLimitMs?: number
}

/** A clock that moves only on command. Pass it to a `TokenManager`, and to the simulator if their times must agree. */
export interface TestClock extends Clock {
  /** Number of timers that have neither fired nor been cancelled. */
  readonly pendingTimers: number
  /**
   * Advances both clocks. Due timers fire in order, each with its own time as `now()`. Between them, promise jobs, file operations and
   * HTTP exchanges inside this process settle. Calls run one after another.
   *
   * @throws ConfigError if more than `maxTimers` timers fired, because something re-arms itself without end
   */
  advance(ms: number): Promise<void>
  /** Moves only the wall clock, forward or back, as NTP, an operator or a suspended machine does. Fires no timer. */
  jumpWall(ms: number): void
  /** Waits until promise jobs and I/O inside this process have settled; no time passes. */
  settle(): Promise<void>
  /**
   * Runs from timer to timer until `promise` settles, and returns its outcome.
   *
   * @throws ConfigError if it is still pending at the limit
   */
  runUntil<T>(promise: Promise<T>, options?: RunUntilOptions): Promise<T>
}

/**
 * Creates a clock that a test controls. It starts at `startAtMs` and stands still.
 *
 * @example
 * ```ts
 * import { testClock } from '@lingpai/testing'
 *
 * const clock = testClock()
 * const before = clock.now()
 * await clock.advance(60_000)
 * console.log(clock.now() - before) // 60000
 * ```
 */
export function testClock({ startAtMs = Date.UTC(2026, 0, 1), maxTimers = 100_000 }: TestClockOptions = {}): TestClock {
  let monotonicMs = 0
  let wallOffsetMs = startAtMs
  let lastMove: Promise<unknown> = Promise.resolve()
  const timers = timerQueue()

  const fire = async ({ dueMs, callback }: ArmedTimer): Promise<void> => {
    monotonicMs = Math.max(monotonicMs, dueMs)
    callback()
    await settle()
  }

  const move = async (ms: number): Promise<void> => {
    await settle()
    const endMs = monotonicMs + ms
    let fired = 0
    for (let timer = timers.take(endMs); timer !== undefined; timer = timers.take(endMs)) {
      if (++fired > maxTimers) throw spinning(maxTimers, ms)
      await fire(timer)
    }
    monotonicMs = Math.max(monotonicMs, endMs)
    await settle()
  }

  const run = async (isDone: () => boolean, { limitMs = 86_400_000, realLimitMs = 5_000 }: RunUntilOptions) => {
    const endMs = monotonicMs + limitMs
    let fired = 0
    for (let quietSinceMs = performance.now(); !isDone();) {
      await settle()
      if (isDone()) return
      const timer = timers.take(endMs)
      if (timer !== undefined) {
        if (++fired > maxTimers) throw spinning(maxTimers, limitMs)
        await fire(timer)
        quietSinceMs = performance.now()
      } else {
        if (performance.now() - quietSinceMs > realLimitMs) throw stuck(timers.size, limitMs)
        // Another process may need the processor to respond.
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    }
  }

  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const turn = lastMove.then(work)
    lastMove = turn.catch(() => undefined)
    return turn
  }

  return {
    now: () => wallOffsetMs + monotonicMs,
    monotonic: () => monotonicMs,
    setTimer: (callback, delayMs) => timers.arm(monotonicMs + (delayMs > 0 ? delayMs : 0), callback),
    get pendingTimers() {
      return timers.size
    },
    advance: (ms) => {
      if (!(ms >= 0 && Number.isFinite(ms))) throw badDuration('advance', ms)
      return inTurn(() => move(ms))
    },
    jumpWall: (ms) => {
      if (!Number.isFinite(ms)) throw badDuration('jumpWall', ms)
      wallOffsetMs += ms
    },
    settle,
    runUntil: async (promise, options = {}) => {
      let isDone = false
      const mark = (): void => void (isDone = true)
      promise.then(mark, mark)
      await inTurn(() => run(() => isDone, options))
      return promise
    },
  }
}

function badDuration(method: string, ms: number): ConfigError {
  return new ConfigError(`test clock: ${method}(${ms}) is not a duration`, { field: 'ms', problem: 'malformed' })
}

function spinning(maxTimers: number, ms: number): ConfigError {
  return new ConfigError(
    `test clock: more than ${maxTimers} timers fired within ${ms} ms; a timer re-arms itself without end`,
  )
}

function stuck(pending: number, limitMs: number): ConfigError {
  return new ConfigError(
    `test clock: still pending after ${limitMs} ms of this clock; ${pending} later timers are armed`,
  )
}
