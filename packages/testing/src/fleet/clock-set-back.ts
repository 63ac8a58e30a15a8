import type { VirtualWorld } from './virtual-world.js'

/** A record's times are those of the request that brought it, so that a jump just before counts as well. */
const beforeMs = 30_000

/**
 * Whether hosts that have no clock but their own set it back since a moment: what is older and what has died cannot be told
 * any more from records that were written before.
 */
export function wasClockSetBack({ plan, hosts }: VirtualWorld, sinceMs: number): boolean {
  if (plan.store.hasClock) return false
  return hosts.some(({ jumps }) => jumps.some(({ atMs, byMs }) => byMs < 0 && atMs >= sinceMs - beforeMs))
}
