import type { ErrorClass, PlatformCode, RefreshReason } from '@lingpai/core'
import { bilingualHint, type BilingualHint } from './hints.js'
import type { AnyProvider } from './served-account.js'

/** Names of what stands in a timeline. */
export const timelineEventNames = [
  'refreshed',
  'same-token',
  'adopted',
  'rejected',
  'refresh-failed',
  'lease-lost',
  'foreign-refresh',
  'served-stale',
  'lifetime-assumed',
] as const

/** One of {@link timelineEventNames}; the words of `LingpaiEvents`. */
export type TimelineEventName = (typeof timelineEventNames)[number]

/** What happened to an account, as it is kept: no token, no secret. */
export interface KeptEvent {
  /** Unix milliseconds. */
  readonly at: number
  readonly event: TimelineEventName
  readonly generation?: number
  readonly reason?: RefreshReason
  /** The key that caused it, or `keeper`. */
  readonly by?: string
  /** When the token of it dies, Unix milliseconds. */
  readonly expires_at?: number
  /** Why it was forced, in the words of whoever did. */
  readonly note?: string
  /** Which derived credential it was; absent for the token itself. */
  readonly ticket?: string
  readonly duration_ms?: number
  readonly code?: string
  readonly class?: ErrorClass
  readonly platform_code?: PlatformCode
  /** The address that the platform refused. */
  readonly ip?: string
}

/** The same as it is answered. */
export interface TimelineEvent extends Omit<KeptEvent, 'ip'> {
  readonly hint?: BilingualHint
}

/** An event with what the provider advises on it. */
export function timelineEvent(provider: AnyProvider, { ip, ...event }: KeptEvent): TimelineEvent {
  const { class: errorClass, platform_code: platformCode } = event
  const hint = errorClass && bilingualHint(provider, { errorClass, platformCode, ip })
  return { ...event, ...(hint && { hint }) }
}
