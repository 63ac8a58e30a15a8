import type { Clock } from './clock.js'

/**
 * Waits on the clock. A signal ends it with its reason; `wakeable` may end it early.
 *
 * @param wakeable is given the function that ends the wait, and gives one back that makes it forget it
 */
export function pause(
  clock: Clock,
  delayMs: number,
  signal: AbortSignal,
  wakeable?: (wake: () => void) => () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    let forget: (() => void) | undefined
    const end = (): void => {
      timer.cancel()
      signal.removeEventListener('abort', abort)
      forget?.()
    }
    const wake = (): void => {
      end()
      resolve()
    }
    const abort = (): void => {
      end()
      reject(signal.reason as Error)
    }
    const timer = clock.setTimer(wake, delayMs)
    signal.addEventListener('abort', abort, { once: true })
    forget = wakeable?.(wake)
  })
}
