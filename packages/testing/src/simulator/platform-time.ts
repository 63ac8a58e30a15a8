import type { Clock } from '@lingpai/core'

/** The platforms' own time. It follows the monotonic clock, so a jump of the client's wall clock does not affect it. */
export interface PlatformTime {
  /** Platform seconds per second of the clock. */
  readonly scale: number
  /** Platform milliseconds since the simulator started. */
  readonly nowMs: () => number
  /** Converts a platform duration to seconds of the client's clock, rounded down to seconds, or to milliseconds with a time scale. */
  clientSeconds(platformMs: number): number
  /** Advances the platforms' time by a client duration while the client's clocks stand still. */
  skip(clientMs: number): void
}

/** Platform time over a clock; it starts at 0. */
export function platformTime(clock: Clock, scale: number): PlatformTime {
  const startMs = clock.monotonic()
  let skippedMs = 0
  const nowMs = (): number => (clock.monotonic() - startMs + skippedMs) * scale
  // Platforms use whole seconds, which a time scale would round to 0 or 1. The millionth compensates for floating-point errors.
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
