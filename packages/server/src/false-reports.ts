import type { Clock } from '@lingpai/core'
import type { ServedAccount } from './served-account.js'

/** What the platform stood by is not asked about again for so long, however often it is reported. */
const stoodByMs = 10_000

/** Remembers reports that the platform contradicted: a client that misplaces its token must not use up the quota of all. */
export interface FalseReports {
  /** Whether the platform has just stood by this generation. */
  isContradicted(account: ServedAccount, generation: number | undefined): boolean
  /** The platform stood by this generation: it was reported, and is the current one still. */
  note(account: ServedAccount, generation: number): void
}

/** One memory for each account. */
export function falseReports(clock: Clock): FalseReports {
  const last = new WeakMap<ServedAccount, { readonly generation: number; readonly atMs: number }>()
  return {
    isContradicted: (account, generation) => {
      const noted = last.get(account)
      return noted !== undefined && noted.generation === generation && clock.monotonic() - noted.atMs < stoodByMs
    },
    note: (account, generation) => {
      last.set(account, { generation, atMs: clock.monotonic() })
    },
  }
}
