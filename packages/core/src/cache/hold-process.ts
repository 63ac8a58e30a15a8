import type { Awaitable } from '../cache.js'
import { systemClock } from '../clock.js'

/** A call that never settles must not keep a process from ending for good. */
const longestHoldMs = 60_000

/**
 * Keeps the process alive while a call is under way, from the moment it is made. What the call waits for inside, such as an
 * idle connection, may well be something that does not keep the process alive.
 *
 * @param longestMs the process is held no longer than this
 */
export async function holdingProcess<T>(call: () => Awaitable<T>, longestMs = longestHoldMs): Promise<T> {
  const timer = systemClock.setTimer(() => undefined, longestMs, { holdsProcess: true })
  try {
    return await call()
  } finally {
    timer.cancel()
  }
}
