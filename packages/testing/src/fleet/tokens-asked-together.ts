import type { TokenRequest, TokenTruth } from './virtual-world.js'

/** Whether two tokens were asked for at the same time, so that nobody but the platform can tell which is the later one. */
function wereAskedTogether({ by: a }: TokenTruth, { by: b }: TokenTruth): boolean {
  return a !== undefined && b !== undefined && a.sentAtMs <= b.arrivedAtMs && b.sentAtMs <= a.arrivedAtMs
}

/** A fetched token has been written, or has failed to be, after this. */
export const landsWithinMs = 8000

/**
 * Whether nobody but the platform can tell which of two tokens is the later one: they were asked for at the same time, or closer
 * to each other than what the store's word on the time may err by, which is how long that was on its way.
 */
export function haveNoOrder(a: TokenTruth, b: TokenTruth): boolean {
  if (a.by === undefined || b.by === undefined) return false
  return wereAskedTogether(a, b) || Math.abs(a.by.sentAtMs - b.by.sentAtMs) <= timeErrorMs(a.by) + timeErrorMs(b.by)
}

/** What the time of a request may err by: it is reckoned from the store's last word before it or from one during its landing. */
function timeErrorMs({ process: { toldTimes }, sentAtMs, arrivedAtMs }: TokenRequest): number {
  const lastBefore = toldTimes.findLast(({ atMs }) => atMs <= sentAtMs)
  const since = toldTimes.filter(({ atMs }) => atMs > sentAtMs && atMs <= arrivedAtMs + landsWithinMs)
  return Math.max(0, ...[lastBefore, ...since].map((told) => told?.withinMs ?? 0))
}

/** Whether any other token was asked for at the same time as this one. */
export function hasTwin(token: TokenTruth): boolean {
  return token.account.tokens.some((other) => other !== token && wereAskedTogether(other, token))
}
