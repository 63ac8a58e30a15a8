import type { AccountName } from './journal.js'

/** What the journal shows of one thing: the lines to print, and what tells of a broken guarantee. */
export interface Verdict {
  readonly lines: readonly string[]
  readonly broken: readonly Breach[]
}

/** A broken guarantee. */
export interface Breach {
  readonly text: string
  /** By `nowMs`, where it has a moment. */
  readonly atMs?: number
  /** Absent where it concerns all. */
  readonly account?: AccountName
}
