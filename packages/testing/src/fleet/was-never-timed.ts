import type { TokenTruth } from './virtual-world.js'

/** The core reads the time of a failed store again only after this time. */
const restMs = 8000

/**
 * Whether the clock of the process that brought a token was set while it could not ask the store for the time. Its two clocks
 * then give two times of issue. Whether the machine was suspended or the clock was set is unknown, and so are the order and the life
 * of the token; the core assumes the shorter life.
 */
export function wasNeverTimed({ by, sim }: TokenTruth): boolean {
  if (by === undefined) return false
  const { troubleAtMs, host } = by.process
  return troubleAtMs >= sim.issuedAtMs - restMs && host.jumps.some(({ atMs }) => atMs >= by.sentAtMs)
}
