import type { Account } from '@lingpai/core'

/** Where a gateway keeps what it shares: beside the tokens of the same cache, under keys of its own. No secret is in them. */
export function gatewayKey({ host, ids }: Pick<Account, 'host' | 'ids'>, name: string): string {
  return ['lingpai', '1', 'qq-gateway', host, ...Object.values(ids), name]
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join(':')
}
