import type { Account } from '@lingpai/core'

/** Cache key of what gateways share. It does not collide with the tokens in the same cache and contains no secret. */
export function gatewayKey({ host, ids }: Pick<Account, 'host' | 'ids'>, name: string): string {
  return ['lingpai', '1', 'qq-gateway', host, ...Object.values(ids), name]
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join(':')
}
