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

/** Clocks that tell less than this much apart tell the same to the core. */
const agreedMs = 1000

/**
 * By how much the host's clock was set back since a record was written, where a process that looks now and looked before that write
 * cannot see it: in between, the clock was set forward by as much or more. That looks like a machine that slept, and to doubt each
 * record that is found after a sleep would cost a request that nobody needs.
 */
export function unseenSetBackMs({ plan, hosts }: VirtualWorld, writtenAtMs: number, lookedAtMs: number): number {
  if (plan.store.hasClock) return 0
  const jumps = hosts.flatMap((host) => host.jumps)
  const setSince = (sinceMs: number): readonly number[] =>
    jumps.filter(({ atMs }) => atMs >= sinceMs).map(({ byMs }) => byMs)
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
  if (sum(setSince(lookedAtMs)) < -agreedMs) return 0
  return -sum(setSince(writtenAtMs - beforeMs).filter((byMs) => byMs < 0))
}
