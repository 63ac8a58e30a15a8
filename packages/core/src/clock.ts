/** The passing of time, injectable. `testClock` of `@lingpai/testing` is one that moves only when told to. */
export interface Clock {
  /** Wall clock, Unix milliseconds; may jump. */
  readonly now: () => number
  /** Monotonic clock, milliseconds since an arbitrary moment; never jumps, may stand still while the machine sleeps. */
  readonly monotonic: () => number
  /** Calls `callback` once after `delayMs`, however long; does not keep the process alive. */
  readonly setTimer: (callback: () => void, delayMs: number) => Timer
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
  now: Date.now,
  monotonic: () => performance.now(),
  setTimer: (callback, delayMs) => {
    const endsAtMs = performance.now() + delayMs
    let handle: NodeJS.Timeout
    const arm = (): void => {
      const leftMs = Math.max(0, endsAtMs - performance.now())
      handle = leftMs > longestTimerMs ? setTimeout(arm, longestTimerMs) : setTimeout(callback, leftMs)
      handle.unref()
    }
    arm()
    return {
      cancel: () => {
        clearTimeout(handle)
      },
    }
  },
}
