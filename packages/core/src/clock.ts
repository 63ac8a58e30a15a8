/** The source of time. Tests inject `testClock` of `@lingpai/testing`, which moves only when told to. */
export interface Clock {
  /** The wall clock in Unix milliseconds. It may jump. */
  readonly now: () => number
  /**
   * The monotonic clock in milliseconds since an arbitrary moment. It never jumps, but may stand still while the
   * machine sleeps.
   */
  readonly monotonic: () => number
  /**
   * Calls `callback` once after `delayMs`, which may be any length. The timer keeps the process alive only if
   * `holdsProcess` is set.
   */
  readonly setTimer: (callback: () => void, delayMs: number, options?: TimerOptions) => Timer
}

/** Options of a timer. */
export interface TimerOptions {
  /** Whether the timer keeps the process alive, because a caller waits for it. @default false */
  readonly holdsProcess?: boolean
}

/** A pending call of {@link Clock.setTimer}. */
export interface Timer {
  /** Cancels the call. Does nothing if it has already happened. */
  cancel(): void
}

/**
 * Timers of Node.js overflow above 2^31 - 1 ms and then fire immediately, so a longer wait consists of several timers.
 */
const longestTimerMs = 2 ** 31 - 1

/** The clock of this machine. */
export const systemClock: Clock = {
  // Reads `Date.now` at each call, because tests replace it.
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (callback, delayMs, { holdsProcess = false } = {}) => {
    const endsAtMs = performance.now() + delayMs
    // An object in Node.js. In browsers and some edge runtimes it is a number, which never keeps a process alive.
    let handle: { readonly unref?: () => unknown } | number
    const arm = (): void => {
      // Node.js drops fractions of a millisecond, and a timer that is too early has to be set again.
      const leftMs = Math.max(0, Math.ceil(endsAtMs - performance.now()))
      handle = leftMs > longestTimerMs ? setTimeout(arm, longestTimerMs) : setTimeout(callback, leftMs)
      if (!holdsProcess && typeof handle === 'object') handle.unref?.()
    }
    arm()
    return {
      cancel: () => {
        clearTimeout(handle as NodeJS.Timeout)
      },
    }
  },
}
