import type { VirtualHost, VirtualWorld } from './virtual-world.js'

/** A record's times are those of its request, so a jump shortly before it counts as well. */
const beforeMs = 30_000

/**
 * Whether a host set its clock back since a time, with a store that has no clock: the order and the expiry of records written before
 * are then unknown.
 */
export function wasClockSetBack({ plan, hosts }: VirtualWorld, sinceMs: number): boolean {
  if (plan.store.hasClock) return false
  return hosts.some(({ jumps }) => jumps.some(({ atMs, byMs }) => byMs < 0 && atMs >= sinceMs - beforeMs))
}

/** The core treats clocks that differ by less than this as equal. */
const agreedMs = 1000

/**
 * How far the clock was set back since a record was written, if a process that reads now and read before that write cannot see it:
 * in between, the clock was set forward by at least as much. That looks like a suspended machine, and to doubt each record after a
 * suspend would cost unnecessary requests.
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

/** How far a host's clock was ahead at most of where it stood at a time. */
export function mostForwardMs({ jumps }: VirtualHost, sinceMs: number, untilMs: number): number {
  let ahead = 0
  let most = 0
  for (const { atMs, byMs } of jumps) {
    if (atMs < sinceMs || atMs > untilMs) continue
    ahead += byMs
    most = Math.max(most, ahead)
  }
  return most
}
