import type { Clock, TimerOptions } from '../clock.js'
import { onAbort } from './on-abort.js'

/** How a pause is made. */
export interface PauseOptions extends TimerOptions {
  /** Ends it with its reason. */
  readonly signal: AbortSignal
  /** Is given the function that ends the pause early, and gives one back that makes it forget it. */
  readonly wakeable?: (wake: () => void) => () => void
}

/** Waits on the clock. */
export function pause(clock: Clock, delayMs: number, { signal, wakeable, ...options }: PauseOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    let forgetWake: (() => void) | undefined
    const end = (): void => {
      timer.cancel()
      forgetAbort()
      forgetWake?.()
    }
    const wake = (): void => {
      end()
      resolve()
    }
    const timer = clock.setTimer(wake, delayMs, options)
    const forgetAbort = onAbort(signal, () => {
      end()
      reject(signal.reason as Error)
    })
    forgetWake = wakeable?.(wake)
  })
}
