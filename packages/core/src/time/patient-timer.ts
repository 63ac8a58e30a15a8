import type { Clock, Timer, TimerOptions } from '../clock.js'

/**
 * The wait is split into slices of this length. A slice during which the process stood still counts at most this much.
 */
const sliceMs = 100
/** A timer that fires this late shows that the process stood still. */
const lateMs = 100

/**
 * A timer for a pending response. It counts the time in which the process could have read the response: while the
 * process was busy or stopped, the response may have arrived unread. Such time counts half, so that the timer ends even
 * in a process that is always busy.
 */
export function patientTimer(clock: Clock, giveUp: () => void, delayMs: number, options?: TimerOptions): Timer {
  let leftMs = delayMs
  let timer: Timer
  const arm = (): void => {
    const partMs = Math.min(leftMs, sliceMs)
    const dueAtMs = clock.monotonic() + partMs
    const end = (): void => {
      const isLate = clock.monotonic() - dueAtMs > lateMs
      leftMs -= isLate && partMs >= 1 ? partMs / 2 : partMs
      if (leftMs > 0) arm()
      else giveUp()
    }
    timer = clock.setTimer(end, partMs, options)
  }
  arm()
  return {
    cancel: () => {
      timer.cancel()
    },
  }
}
