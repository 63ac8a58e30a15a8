import type { ResolvedRenewal } from '@lingpai/core'
import { renewalModes } from '@lingpai/core/internal'

/**
 * Returns the lifetime to report to a client, in whole seconds.
 *
 * The client uses its token for this long without asking again. On a platform where a renewal invalidates the old token, that is the time
 * until the next refresh ahead plus the overlap. Clients that drop a token early get a longer lifetime. Never 0 or less, because some
 * SDKs treat that as "forever".
 *
 * @param leftMs remaining lifetime of the token
 * @param untilRefreshMs time until the next refresh ahead; negative if it is overdue
 */
export function reportedLifeSeconds(
  leftMs: number,
  untilRefreshMs: number,
  { mode, overlapSeconds }: Pick<ResolvedRenewal, 'mode' | 'overlapSeconds'>,
  minLifeSeconds = 0,
): number {
  const untilReplacedMs = renewalModes[mode].endsOld ? Math.max(untilRefreshMs, 0) + overlapSeconds * 1000 : Infinity
  const usableMs = Math.max(untilReplacedMs, minLifeSeconds * 1000)
  return Math.max(1, Math.floor(Math.min(leftMs, usableMs) / 1000))
}
