import type { Timer } from '@lingpai/core'
import { timerQueue, type ArmedTimer } from '../clock/timer-queue.js'

/** The one true time of a simulated fleet; the platform's clock. It jumps from event to event. */
export interface VirtualTime {
  /** Unix milliseconds, whole. */
  readonly nowMs: () => number
  readonly at: (dueMs: number, run: () => void) => Timer
  readonly after: (delayMs: number, run: () => void) => Timer
  /** Reports that the current event called code under test, whose promise jobs must settle. */
  readonly stir: () => void
  /** Ends {@link run} after the current event. */
  readonly stop: () => void
  /** Runs until `endMs`. */
  readonly run: (endMs: number) => Promise<void>
}

/** The code under test has only simulated I/O, so one turn of the event loop completes all of its work. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Starts at `startMs`. */
export function virtualTime(startMs: number): VirtualTime {
  const queue = timerQueue()
  let nowMs = startMs
  const state = { isStirred: false, isStopped: false }
  const next = (endMs: number): ArmedTimer | undefined => (state.isStopped ? undefined : queue.take(endMs))
  const wasStirred = (): boolean => state.isStirred
  const at = (dueMs: number, run: () => void): Timer => queue.arm(Math.max(nowMs, Math.ceil(dueMs)), run)
  return {
    nowMs: () => nowMs,
    at,
    after: (delayMs, run) => at(nowMs + delayMs, run),
    stir: () => {
      state.isStirred = true
    },
    stop: () => {
      state.isStopped = true
    },
    run: async (endMs) => {
      for (let event = next(endMs); event !== undefined; event = next(endMs)) {
        nowMs = Math.max(nowMs, event.dueMs)
        state.isStirred = false
        event.callback()
        if (wasStirred()) await turn()
      }
      if (!state.isStopped) nowMs = Math.max(nowMs, endMs)
    },
  }
}
