import type { TokenRequest, TokenTruth } from './virtual-world.js'

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
  return wereAskedTogether(a, b) || Math.abs(a.by.sentAtMs - b.by.sentAtMs) <= timeErrorMs(a.by) + timeErrorMs(b.by)
}

/**
 * Error of a request's time, which is derived from the store's last time before it, from one during its write, or, where the store
 * did not answer that long, from the first one afterwards.
 */
function timeErrorMs({ process: { toldTimes }, sentAtMs, arrivedAtMs }: TokenRequest): number {
  const lastBefore = toldTimes.findLast(({ atMs }) => atMs <= sentAtMs)
  const since = toldTimes.filter(({ atMs }) => atMs > sentAtMs && atMs <= arrivedAtMs + landsWithinMs)
  const late = since.length === 0 ? toldTimes.find(({ atMs }) => atMs > arrivedAtMs) : undefined
  return Math.max(0, ...[lastBefore, ...since, late].map((told) => told?.withinMs ?? 0))
}

/** Whether there is another token of which only the platform knows whether it is the later one. */
export function hasTwin(token: TokenTruth): boolean {
  return token.account.tokens.some((other) => other !== token && haveNoOrder(other, token))
}
