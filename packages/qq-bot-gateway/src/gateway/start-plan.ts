import type { StartLimit } from './gateway-info.js'

/** The period to which the platform's `max_concurrency` applies. */
const paceMs = 5000

/** Identify must be sent within this time of the planned one, so that two starts are never closer than the pace. */
export const slackMs = 1000

/** The session starts of a bot, as its gateways share them. */
export interface StartRecord {
  /** Remaining starts: the number that the platform last returned, minus the starts planned since. */
  readonly remaining: number
  /** Unix time in milliseconds at which all starts are available again. */
  readonly resetAtMs: number
  /** The last planned times, ascending; as many as may be concurrent. */
  readonly plannedAtMs: readonly number[]
}

/** A planned start. */
export interface PlannedStart {
  readonly record: StartRecord
  /** When to identify, in Unix milliseconds. */
  readonly atMs: number
  /** Whether the starts of the day are used up; `atMs` is then the time of the reset. */
  readonly isExhausted: boolean
}

/**
 * Plans the next session start. A pure function.
 *
 * @param record the shared record; `undefined` before the first start
 * @param told the limit that the platform just returned
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
      // The next response of the platform says how many starts the reset brings.
      remaining: isExhausted ? 0 : current.remaining - 1,
      resetAtMs: current.resetAtMs,
      plannedAtMs: [...recent, atMs].slice(-maxConcurrency),
    },
  }
}

/** Uses the lower of the recorded and the returned number until the reset: starts of other processes may not be counted yet. */
function remainingNow(
  record: StartRecord | undefined,
  told: StartLimit | undefined,
  nowMs: number,
): Pick<StartRecord, 'remaining' | 'resetAtMs'> {
  // A margin for the difference between the platform's clock and the local one.
  const resetAtMs = nowMs + (told?.resetAfterMs ?? 0) + slackMs
  const toldNow = { remaining: told?.remaining ?? Infinity, resetAtMs }
  if (record === undefined || nowMs >= record.resetAtMs) return toldNow
  return { remaining: Math.min(record.remaining, toldNow.remaining), resetAtMs: record.resetAtMs }
}

/** Serializes a record. */
export function encodeStarts({ remaining, ...rest }: StartRecord): string {
  return JSON.stringify({ ...rest, remaining: Number.isFinite(remaining) ? remaining : null })
}

/** Parses a record. Returns `undefined` if it is malformed. */
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
