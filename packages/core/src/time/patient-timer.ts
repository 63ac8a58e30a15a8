import type { Clock, Timer, TimerOptions } from '../clock.js'

/** A process that stands still hears nothing meanwhile: so much of that time counts at most. */
const sliceMs = 100
/** A timer that comes this much late tells that the process stood still. */
const lateMs = 100

/**
 * A timer for a response that others owe. It counts the time in which the process could have heard it: where the process was
 * busy or stopped, the response may have arrived long ago and only not have been read. Such time counts as a part of it, so that
 * even a process that is busy all the time comes to an end.
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
