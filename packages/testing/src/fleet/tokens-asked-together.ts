import type { ToldTime, TokenRequest, TokenTruth } from './virtual-world.js'

/** The write of a fetched token has succeeded or failed after this time. */
export const landsWithinMs = 8000

/**
 * Whether only the platform knows which of two tokens is the later one: they were requested at the same time, or closer together than
 * the error of the store's time, which is how long its response took.
 */
export function haveNoOrder(first: TokenTruth, second: TokenTruth): boolean {
  const [a, b] = [requestOf(first), requestOf(second)]
  if (a === undefined || b === undefined) return false
  if (a.sentAtMs <= b.arrivedAtMs && b.sentAtMs <= a.arrivedAtMs) return true
  // A process knows the order of its own requests.
  if (a.process === b.process) return false
  return Math.abs(a.sentAtMs - b.sentAtMs) <= timeErrorMs(a) + timeErrorMs(b)
}

/** The request that returned a token; for one that a rival requested, the first that returned it once more. */
function requestOf(token: TokenTruth): TokenRequest | undefined {
  return token.by ?? token.account.requests.find(({ brought }) => brought === token)
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
