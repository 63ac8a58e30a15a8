import type { ResolvedRenewal } from '@lingpai/core'

/**
 * How long a client is told that a token lives, in whole seconds.
 *
 * It keeps the token for so long and asks no server in between. On a platform whose tokens die when they are renewed, that is
 * until the next refresh ahead and the overlap after it; clients that give it up early are told more. Never 0 or less: some SDKs store that as "for ever".
 *
 * @param leftMs what is left of the token's own life
 * @param untilRefreshMs until the next refresh ahead; negative when it is overdue
 */
export function toldLifeSeconds(
  leftMs: number,
  untilRefreshMs: number,
  { mode, overlapSeconds }: Pick<ResolvedRenewal, 'mode' | 'overlapSeconds'>,
  minLifeSeconds = 0,
): number {
  const untilReplacedMs = mode === 'rotate' ? Math.max(untilRefreshMs, 0) + overlapSeconds * 1000 : Infinity
  const usableMs = Math.max(untilReplacedMs, minLifeSeconds * 1000)
  return Math.max(1, Math.floor(Math.min(leftMs, usableMs) / 1000))
}
