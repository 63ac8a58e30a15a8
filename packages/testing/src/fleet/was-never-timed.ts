import type { TokenTruth } from './virtual-world.js'

/** The core does not ask a store that failed for the time again before this. */
const restMs = 8000

/**
 * Whether the clock of the process that brought a token was set while it could not ask the store for the time. Its two clocks
 * then tell two moments of the issue: nobody can know whether the machine slept or somebody set the one, and so neither what
 * came first nor how long the token lives; the core goes by the shorter life.
 */
export function wasNeverTimed({ by, sim }: TokenTruth): boolean {
  if (by === undefined) return false
  const { troubleAtMs, host } = by.process
  return troubleAtMs >= sim.issuedAtMs - restMs && host.jumps.some(({ atMs }) => atMs >= by.sentAtMs)
}
