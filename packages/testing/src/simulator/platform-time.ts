import type { Clock } from '@lingpai/core'

/** The platforms' own time. It follows the monotonic clock, so that a client's jumping wall clock moves no platform. */
export interface PlatformTime {
  /** How many platform seconds pass in one second of the clock. */
  readonly scale: number
  /** Platform milliseconds since the simulator started. */
  readonly nowMs: () => number
  /** A platform duration as seconds of the clients' clock, cut to whole seconds, or to milliseconds where time is scaled. */
  clientSeconds(platformMs: number): number
  /** Lets the platforms' time run on by so much of the clients' time, while their clocks stand. */
  skip(clientMs: number): void
}

/** Platform time over a clock; it starts at 0. */
export function platformTime(clock: Clock, scale: number): PlatformTime {
  const startMs = clock.monotonic()
  let skippedMs = 0
  const nowMs = (): number => (clock.monotonic() - startMs + skippedMs) * scale
  // Platforms speak whole seconds; scaled ones would all be 0 or 1. The millionth makes up for floating point.
  const steps = scale === 1 ? 1 : 1000
  return {
    scale,
    nowMs,
    clientSeconds: (platformMs) => Math.floor((platformMs / 1000 / scale) * steps + 1e-6) / steps,
    skip: (clientMs) => {
      skippedMs += clientMs
    },
  }
}
