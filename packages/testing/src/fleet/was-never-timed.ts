import type { ProcessMemory, TokenTruth, VirtualProcess } from './virtual-world.js'

/** The core reads the time of a failed store again only after this time. */
const restMs = 8000

/**
 * Whether the clock of the process that brought a token was set while it could not ask the store for the time. Its two clocks
 * then give two times of issue. Whether the machine was suspended or the clock was set is unknown, and so are the order and the life
 * of the token; the core assumes the shorter life.
 */
export function wasNeverTimed({ by, sim }: TokenTruth): boolean {
  return by !== undefined && wasSetUntimed(by.process, by.sentAtMs, sim.issuedAtMs)
}

/** The same of a process that upstream gave the token once more. */
export function holdsUntimed(process: VirtualProcess, { isOwn, learnedTrueMs }: ProcessMemory): boolean {
  return isOwn && wasSetUntimed(process, learnedTrueMs, learnedTrueMs)
}

function wasSetUntimed({ troubleAtMs, host }: VirtualProcess, sentAtMs: number, issuedAtMs: number): boolean {
  return troubleAtMs >= issuedAtMs - restMs && host.jumps.some(({ atMs }) => atMs >= sentAtMs)
}
