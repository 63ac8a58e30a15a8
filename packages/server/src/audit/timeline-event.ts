import type { ErrorClass, PlatformCode, RefreshReason } from '@lingpai/core'
import { bilingualHint, type BilingualHint } from '../accounts/hints.js'
import type { AnyProvider } from '../accounts/served-account.js'

/** Names of the events in a timeline. */
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

/** One of {@link timelineEventNames}, which are names of `LingpaiEvents`. */
export type TimelineEventName = (typeof timelineEventNames)[number]

/** An event of an account as it is stored. Contains no token and no secret. */
export interface StoredEvent {
  /** Unix milliseconds. */
  readonly at: number
  readonly event: TimelineEventName
  readonly generation?: number
  readonly reason?: RefreshReason
  /** Name of the key that caused it, or `background-refresh`. */
  readonly by?: string
  /** When the token expires, Unix milliseconds. */
  readonly expires_at?: number
  /** The note of the caller that forced the refresh. */
  readonly note?: string
  /** Name of the ticket; absent for the token itself. */
  readonly ticket?: string
  readonly duration_ms?: number
  readonly code?: string
  readonly class?: ErrorClass
  readonly platform_code?: PlatformCode
  /** The address that the platform denied. */
  readonly ip?: string
}

/** An event as clients receive it. */
export interface TimelineEvent extends Omit<StoredEvent, 'ip'> {
  readonly hint?: BilingualHint
}

/** Adds the provider's hint to an event. */
export function timelineEvent(provider: AnyProvider, { ip, ...event }: StoredEvent): TimelineEvent {
  const { class: errorClass, platform_code: platformCode } = event
  const hint = errorClass && bilingualHint(provider, { errorClass, platformCode, ip })
  return { ...event, ...(hint && { hint }) }
}
