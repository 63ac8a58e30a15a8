import type { AccountName } from './journal.js'

/** The result of one check of the journal: the lines to print, and the broken guarantees. */
export interface Verdict {
  readonly lines: readonly string[]
  readonly broken: readonly Breach[]
}

/** A broken guarantee. */
export interface Breach {
  readonly text: string
  /** The moment, from `nowMs`, if it has one. */
  readonly atMs?: number
  /** Absent if it concerns all accounts. */
  readonly account?: AccountName
}
