import type { Clock } from '@lingpai/core'

/** Waits on the clock and keeps the process alive. Resolves early when the signal is aborted. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    const end = (): void => {
      timer.cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.setTimer(end, delayMs, { holdsProcess: true })
    signal.addEventListener('abort', end, { once: true })
  })
}
