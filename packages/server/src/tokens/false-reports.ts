import type { Clock } from '@lingpai/core'
import type { ServedAccount } from '../accounts/served-account.js'

/** How long a reported token that the platform still accepts is not checked again. */
const contradictedMs = 10_000

/** Remembers reports that the platform contradicted, so that a client that sends its token wrongly cannot use up everyone's quota. */
export interface FalseReports {
  /** Whether the platform recently accepted this generation after a report. */
  isContradicted(account: ServedAccount, generation: number | undefined): boolean
  /** Records that the platform accepted a reported generation. */
  note(account: ServedAccount, generation: number): void
}

/** Creates a memory with one entry for each account. */
export function falseReports(clock: Clock): FalseReports {
  const last = new WeakMap<ServedAccount, { readonly generation: number; readonly atMs: number }>()
  return {
    isContradicted: (account, generation) => {
      const noted = last.get(account)
      return noted !== undefined && noted.generation === generation && clock.monotonic() - noted.atMs < contradictedMs
    },
    note: (account, generation) => {
      last.set(account, { generation, atMs: clock.monotonic() })
    },
  }
}
