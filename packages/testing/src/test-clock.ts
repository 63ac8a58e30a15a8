import { ConfigError, type Clock } from '@lingpai/core'
import { settle } from './settle.js'
import { timerQueue, type ArmedTimer } from './timer-queue.js'

/** How a {@link testClock} starts. */
export interface TestClockOptions {
  /** Wall clock at the start, Unix milliseconds. @default 1_767_225_600_000 (2026-01-01T00:00:00Z) */
  readonly startAtMs?: number
  /** Most timers that one `advance` fires before it calls the code under test spinning. @default 100_000 */
  readonly maxTimers?: number
}

/** How far {@link TestClock.runUntil} goes. */
export interface RunUntilOptions {
  /** Most milliseconds of this clock that may pass. @default 86_400_000 (a day) */
  readonly limitMs?: number
  /** Most real milliseconds without progress, for work that no timer drives: a request to another process. @default 5_000 */
  readonly realLimitMs?: number
}

/** A clock that moves only when told. Hand it to a `TokenManager`, and to the simulator as well if their times are to agree. */
export interface TestClock extends Clock {
  /** Timers that are armed and neither fired nor cancelled. */
  readonly pendingTimers: number
  /**
   * Lets both clocks run on. Due timers fire in the order of their moments, each seeing its own moment as `now()`; between them
   * promise jobs, file operations and HTTP exchanges inside this process come to rest. Calls run one after another.
   *
   * @throws ConfigError when more than `maxTimers` timers fired: something re-arms itself without end.
   */
  advance(ms: number): Promise<void>
  /** Moves the wall clock alone, forward or back: NTP, an operator, or a machine that slept. Fires no timer. */
  jumpWall(ms: number): void
  /** Waits until promise jobs and I/O inside this process have come to rest; no time passes. */
  settle(): Promise<void>
  /**
   * Runs from timer to timer until `promise` settles, and gives its outcome.
   *
   * @throws ConfigError when it is still pending at the limit.
   */
  runUntil<T>(promise: Promise<T>, options?: RunUntilOptions): Promise<T>
}

/** A clock under a test's control; it starts at `startAtMs` and stands still. */
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
        // Another process may need the processor to answer.
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
  return new ConfigError(`test clock: more than ${maxTimers} timers fired within ${ms} ms; something spins`)
}

function stuck(pending: number, limitMs: number): ConfigError {
  return new ConfigError(
    `test clock: still pending after ${limitMs} ms of this clock; ${pending} later timers are armed`,
  )
}
