import type { AccountName } from './journal.js'

/** The result of one check of the journal: the lines to print, and the broken guarantees. */
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
