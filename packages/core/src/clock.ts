/** The passing of time, injectable. `testClock` of `@lingpai/testing` is one that moves only when told to. */
export interface Clock {
  /** Wall clock, Unix milliseconds; may jump. */
  readonly now: () => number
  /** Monotonic clock, milliseconds since an arbitrary moment; never jumps, may stand still while the machine sleeps. */
  readonly monotonic: () => number
  /** Calls `callback` once after `delayMs`, however long. Keeps the process alive only if told to. */
  readonly setTimer: (callback: () => void, delayMs: number, options?: TimerOptions) => Timer
}

/** How a timer is armed. */
export interface TimerOptions {
  /** Whether somebody waits for it, so that the process must not end before. @default false */
  readonly holdsProcess?: boolean
}

/** A pending call of {@link Clock.setTimer}. */
export interface Timer {
  /** Cancels the call; harmless when it already happened. */
  cancel(): void
}

/** Node's timers overflow above 2^31 - 1 ms and then fire at once: a 30-day wait is made of several. */
const longestTimerMs = 2 ** 31 - 1

/** The clock of this machine. */
export const systemClock: Clock = {
  // Not `Date.now` itself: tests replace it.
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (callback, delayMs, { holdsProcess = false } = {}) => {
    const endsAtMs = performance.now() + delayMs
    // Node's is an object; in browsers and some edge runtimes it is a number, which holds no process.
    let handle: { readonly unref?: () => unknown } | number
    const arm = (): void => {
      const leftMs = Math.max(0, endsAtMs - performance.now())
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
