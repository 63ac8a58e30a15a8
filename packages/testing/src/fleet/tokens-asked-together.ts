import type { ToldTime, TokenRequest, TokenTruth } from './virtual-world.js'

/** Whether two tokens were requested at the same time, so that only the platform knows which is the later one. */
function wereAskedTogether({ by: a }: TokenTruth, { by: b }: TokenTruth): boolean {
  return a !== undefined && b !== undefined && a.sentAtMs <= b.arrivedAtMs && b.sentAtMs <= a.arrivedAtMs
}

/** The write of a fetched token has succeeded or failed after this time. */
export const landsWithinMs = 8000

/**
 * Whether only the platform knows which of two tokens is the later one: they were requested at the same time, or closer together than
 * the error of the store's time, which is how long its response took.
 */
export function haveNoOrder(a: TokenTruth, b: TokenTruth): boolean {
  if (a.by === undefined || b.by === undefined) return false
  if (wereAskedTogether(a, b)) return true
  // A process knows the order of its own requests.
  if (a.by.process === b.by.process) return false
  return Math.abs(a.by.sentAtMs - b.by.sentAtMs) <= timeErrorMs(a.by) + timeErrorMs(b.by)
}

/** A machine that sleeps for less than this does not notice it: the clocks of a process need not agree any better. */
const unnoticedMs = 1000

/**
 * Error of a request's time, which is derived from the store's last time before it, from one during its write, or, where the store
 * did not answer that long, from the first one afterwards.
 */
function timeErrorMs({ process: { toldTimes, troubleAtMs }, sentAtMs, arrivedAtMs, asked }: TokenRequest): number {
  const lastBefore = toldTimes.findLast(({ atMs }) => atMs <= sentAtMs)
  const since = toldTimes.filter(({ atMs }) => atMs > sentAtMs && atMs <= arrivedAtMs + landsWithinMs)
  const isKnown = since.length > 0 || (lastBefore !== undefined && troubleAtMs < sentAtMs)
  const late = isKnown ? undefined : toldTimes.find(({ atMs }) => atMs > arrivedAtMs)
  const errorMs = (told: ToldTime | undefined): number => {
    if (told === undefined) return 0
    const sleptMs = Math.abs(told.atMs - sentAtMs - (told.monotonicMs - asked.monotonicMs))
    return told.withinMs + (sleptMs < unnoticedMs ? sleptMs : 0)
  }
  return Math.max(0, ...[lastBefore, ...since, late].map(errorMs))
}

/** Other tokens of which only the platform knows whether they are later. */
export function twinsOf(token: TokenTruth): readonly TokenTruth[] {
  return token.account.tokens.filter((other) => other !== token && haveNoOrder(other, token))
}

/** Whether there is another token of which only the platform knows whether it is the later one. */
export function hasTwin(token: TokenTruth): boolean {
  return twinsOf(token).length > 0
}
