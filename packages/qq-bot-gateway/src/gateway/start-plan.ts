import type { StartLimit } from './gateway-info.js'

/** PLATFORMS.md §1.3: `max_concurrency` counts the sessions of 5 seconds. */
const paceMs = 5000

/** An Identify goes out within this time of its moment, or waits for another: so two never come closer than the pace. */
export const slackMs = 1000

/** Session starts of a bot, as those who share them remember. */
export interface StartRecord {
  /** Starts that are left of those that the platform last told, minus those that were planned since. */
  readonly remaining: number
  /** When all of them are back, Unix milliseconds. */
  readonly resetAtMs: number
  /** The last moments that were given out, ascending; as many as may be concurrent. */
  readonly plannedAtMs: readonly number[]
}

/** A moment that was given out. */
export interface PlannedStart {
  readonly record: StartRecord
  /** Identify then, Unix milliseconds. */
  readonly atMs: number
  /** Whether the day's starts are used up, so that the moment is that of the reset. */
  readonly isExhausted: boolean
}

/**
 * The next moment at which a session may start; a pure function.
 *
 * @param record what was remembered; `undefined` when nobody has started any
 * @param told what the platform just said
 */
export function planStart(record: StartRecord | undefined, told: StartLimit | undefined, nowMs: number): PlannedStart {
  const current = remainingNow(record, told, nowMs)
  const maxConcurrency = told?.maxConcurrency ?? 1
  const recent = (record?.plannedAtMs ?? []).slice(-maxConcurrency)
  const first = recent.length < maxConcurrency ? undefined : recent[0]
  const paced = first === undefined ? nowMs : Math.max(nowMs, first + paceMs + slackMs)
  const isExhausted = current.remaining < 1
  const atMs = isExhausted ? Math.max(paced, current.resetAtMs) : paced
  return {
    atMs,
    isExhausted,
    record: {
      // What comes back at the reset is told by the next answer.
      remaining: isExhausted ? 0 : current.remaining - 1,
      resetAtMs: current.resetAtMs,
      plannedAtMs: [...recent, atMs].slice(-maxConcurrency),
    },
  }
}

/** The lower of what is remembered and what was told counts, until the day is over: starts of others may still be on their way. */
function remainingNow(
  record: StartRecord | undefined,
  told: StartLimit | undefined,
  nowMs: number,
): Pick<StartRecord, 'remaining' | 'resetAtMs'> {
  // Not on the dot: the platform's clock and ours differ by a little.
  const resetAtMs = nowMs + (told?.resetAfterMs ?? 0) + slackMs
  const toldNow = { remaining: told?.remaining ?? Infinity, resetAtMs }
  if (record === undefined || nowMs >= record.resetAtMs) return toldNow
  return { remaining: Math.min(record.remaining, toldNow.remaining), resetAtMs: record.resetAtMs }
}

/** A record as text. */
export function encodeStarts({ remaining, ...rest }: StartRecord): string {
  return JSON.stringify({ ...rest, remaining: Number.isFinite(remaining) ? remaining : null })
}

/** Reads a record back; damaged text is none. */
export function decodeStarts(text: string | null | undefined): StartRecord | undefined {
  try {
    const { remaining, resetAtMs, plannedAtMs } = JSON.parse(text ?? '') as Readonly<Record<string, unknown>>
    if (typeof resetAtMs !== 'number' || !Array.isArray(plannedAtMs) || !plannedAtMs.every(Number.isFinite)) {
      return undefined
    }
    return {
      remaining: typeof remaining === 'number' ? remaining : Infinity,
      resetAtMs,
      plannedAtMs: plannedAtMs as readonly number[],
    }
  } catch {
    return undefined
  }
}
