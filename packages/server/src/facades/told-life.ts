import type { ResolvedRenewal, SourceStatus, TokenRecord } from '@lingpai/core'

/**
 * How long a client is told that a token lives, in whole seconds.
 *
 * It keeps the token for so long and asks nobody in between. On a platform whose tokens die when they are renewed, that is
 * until the next refresh ahead and the overlap after it. Never 0 or less: some SDKs store that as "for ever".
 */
export function toldLifeSeconds(
  { expiresAtMs }: Pick<TokenRecord, 'expiresAtMs'>,
  { refreshAtMs = expiresAtMs }: Pick<SourceStatus, 'refreshAtMs'>,
  { mode, overlapSeconds }: Pick<ResolvedRenewal, 'mode' | 'overlapSeconds'>,
  nowMs: number,
): number {
  const replacedAtMs = mode === 'rotate' ? Math.max(refreshAtMs, nowMs) + overlapSeconds * 1000 : Infinity
  return Math.max(1, Math.floor((Math.min(expiresAtMs, replacedAtMs) - nowMs) / 1000))
}
