import type { Clock, TimerOptions } from '../clock.js'
import { onAbort } from './on-abort.js'

/** Options of a pause. */
export interface PauseOptions extends TimerOptions {
  /** Rejects the pause with the signal's reason. */
  readonly signal: AbortSignal
  /** Registers a function that ends the pause early. Returns a function that unregisters it. */
  readonly wakeable?: (wake: () => void) => () => void
}

/** Waits on the clock until the time is over or the signal aborts; resolves either way. */
export async function pauseUntilAborted(
  clock: Clock,
  delayMs: number,
  signal: AbortSignal,
  options?: TimerOptions,
): Promise<void> {
  await pause(clock, delayMs, { signal, ...options }).catch(() => undefined)
}

/** Waits on the clock. @throws the signal's reason */
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
