import type { Clock } from '@lingpai/core'

/** A measurement is good for this long; quartz drifts by far less meanwhile than Redis takes to answer. */
const trustMs = 30_000
/** Our wall clock and the monotonic one must not have parted by more, or the machine slept or was set. */
const toleranceMs = 500

interface Measurement {
  readonly serverMs: number
  readonly wallMs: number
  readonly monotonicMs: number
}

/**
 * The clock of the server, asked every half a minute and carried on by the monotonic clock in between.
 *
 * @param ask gives the reply of `TIME`: seconds and microseconds
 */
export function serverClock(clock: Clock, ask: () => Promise<unknown>): () => Promise<number> {
  let last: Measurement | undefined
  const carriedOn = (): number | undefined => {
    if (last === undefined) return undefined
    const passedMs = clock.monotonic() - last.monotonicMs
    return Math.abs(clock.now() - last.wallMs - passedMs) <= toleranceMs ? last.serverMs + passedMs : undefined
  }
  return async () => {
    const known = carriedOn()
    if (known !== undefined && last !== undefined && clock.monotonic() - last.monotonicMs < trustMs)
      return Math.round(known)
    const askedMs = clock.monotonic()
    try {
      const serverMs = momentOf(await ask())
      const answeredMs = clock.monotonic()
      last = { serverMs: serverMs + (answeredMs - askedMs) / 2, wallMs: clock.now(), monotonicMs: answeredMs }
      return Math.round(last.serverMs)
    } catch (error) {
      // While the server is away, what it said last is still the best.
      if (known !== undefined) return Math.round(known)
      throw error
    }
  }
}

/** Unix milliseconds; clients of different versions give a `Date` or the two numbers. */
function momentOf(reply: unknown): number {
  if (Array.isArray(reply)) return Number(reply[0]) * 1000 + Number(reply[1]) / 1000
  return Number(reply)
}
