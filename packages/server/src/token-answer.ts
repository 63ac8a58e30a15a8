import type { TokenRecord } from '@lingpai/core'
import type { AnyProvider } from './served-account.js'

/** A token as clients get it. */
export interface TokenAnswer {
  readonly access_token: string
  /** Whole seconds that are left, rounded down. */
  readonly expires_in: number
  /** The same, exact, milliseconds. */
  readonly expires_in_ms: number
  /** Unix milliseconds. */
  readonly expires_at: number
  readonly generation: number
  /** The scheme of the header, where the platform takes one. */
  readonly token_type?: string
  /** Where an API call carries the token. */
  readonly place: AnyProvider['spec']['placement']
}

/** The answer that a record makes at this moment. */
export function tokenAnswer({ spec }: AnyProvider, record: TokenRecord, nowMs: number): TokenAnswer {
  const { placement } = spec
  const leftMs = Math.max(0, Math.floor(record.expiresAtMs - nowMs))
  return {
    access_token: record.value,
    expires_in: Math.floor(leftMs / 1000),
    expires_in_ms: leftMs,
    expires_at: record.expiresAtMs,
    generation: record.generation,
    ...(placement.in === 'header' && placement.scheme !== undefined && { token_type: placement.scheme }),
    place: placement,
  }
}
