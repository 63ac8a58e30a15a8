import type { Awaitable } from '../cache.js'
import { systemClock } from '../clock.js'

/** A call that never settles must not keep the process alive forever. */
const longestHoldMs = 60_000

/**
 * Keeps the process alive while a call is under way. What the call itself waits for, such as an idle connection, may
 * not keep it alive.
 */
export async function holdingProcess<T>(call: () => Awaitable<T>): Promise<T> {
  const timer = systemClock.setTimer(() => undefined, longestHoldMs, { holdsProcess: true })
  try {
    return await call()
  } finally {
    timer.cancel()
  }
}
