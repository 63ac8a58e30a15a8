import type { TokenRecord } from '@lingpai/core'
import type { AnyProvider } from '../accounts/served-account.js'

/** A token as clients receive it. */
export interface TokenResponse {
  readonly access_token: string
  /** Remaining lifetime in whole seconds, rounded down. */
  readonly expires_in: number
  /** Remaining lifetime, milliseconds. */
  readonly expires_in_ms: number
  /** Unix milliseconds. */
  readonly expires_at: number
  readonly generation: number
  /** Scheme of the header, if the platform uses one. */
  readonly token_type?: string
  /** Where an API call carries the token. */
  readonly place: AnyProvider['spec']['placement']
}

/** Creates the response for a record at this moment. */
export function tokenResponse({ spec }: AnyProvider, record: TokenRecord, nowMs: number): TokenResponse {
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
