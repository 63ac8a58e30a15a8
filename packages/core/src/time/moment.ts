import type { Clock } from '../clock.js'

/** One moment on the monotonic clock and on the wall clock of this process, in milliseconds. */
export interface Moment {
  readonly monotonic: number
  readonly wall: number
}

/** The current moment. */
export function momentOf(clock: Clock): Moment {
  return { monotonic: clock.monotonic(), wall: clock.now() }
}

/** Whether a moment has come on either clock. */
export function hasCome(moment: Moment, clock: Clock): boolean {
  return clock.monotonic() >= moment.monotonic || clock.now() >= moment.wall
}

/** Milliseconds from one moment to another, by the clock that says less. */
export function leftAt(moment: Moment, at: Moment): number {
  return Math.min(moment.monotonic - at.monotonic, moment.wall - at.wall)
}

/** Milliseconds until a moment, by the clock that says less; negative once it has come. */
export function timeLeftMs(moment: Moment, clock: Clock): number {
  return leftAt(moment, momentOf(clock))
}

/** Milliseconds since a moment, by the clock that says more: the machine may have slept in between. */
export function msSince(moment: Moment, clock: Clock): number {
  return Math.max(clock.monotonic() - moment.monotonic, clock.now() - moment.wall)
}

/** A moment some milliseconds later. */
export function laterBy({ monotonic, wall }: Moment, ms: number): Moment {
  return { monotonic: monotonic + ms, wall: wall + ms }
}

/** The moment before all others. */
export const never: Moment = { monotonic: -Infinity, wall: -Infinity }

/** The earlier of two moments, clock by clock: a clock that was set forward does not count. */
export function earlierOf(a: Moment, b: Moment): Moment {
  return { monotonic: Math.min(a.monotonic, b.monotonic), wall: Math.min(a.wall, b.wall) }
}

/** The later of two moments, by the monotonic clock. */
export function laterOf(a: Moment, b: Moment): Moment {
  return a.monotonic > b.monotonic ? a : b
}
