import type { PlatformCode, SourceStatus } from '@lingpai/core'
import { bilingualHint, type BilingualHint } from './hints.js'
import type { AnyProvider, ServedAccount } from './served-account.js'
import type { TimelineEvent } from '../audit/timeline-event.js'

/** The status of an account as clients receive it. All times are Unix milliseconds. */
export interface AccountStatus {
  readonly name: string
  readonly provider: string
  readonly kind: string
  /** The public credentials. */
  readonly ids: Readonly<Record<string, string>>
  readonly state: SourceStatus['state']
  readonly generation?: number
  readonly issued_at?: number
  readonly expires_at?: number
  readonly expires_in_ms?: number
  /** When the next refresh ahead starts. */
  readonly refresh_at?: number
  readonly last_failure?: AccountFailure
  /** The last event that brought a new token, or the same token again. */
  readonly last_refresh?: TimelineEvent
  /** Where an API call carries the token. */
  readonly place: AnyProvider['spec']['placement']
}

/** The last failed refresh, if no refresh succeeded after it. */
export interface AccountFailure {
  readonly code: string
  readonly class: string
  readonly message: string
  readonly hint?: BilingualHint
  readonly platform_code?: PlatformCode
  readonly failures: number
  readonly at: number
  readonly retry_at: number
}

/** Returns the current status of an account. */
export function accountStatus(
  { name, provider, source }: ServedAccount,
  nowMs: number,
  lastRefresh: TimelineEvent | undefined,
): AccountStatus {
  const { state, generation, issuedAtMs, expiresAtMs, refreshAtMs, lastFailure } = source.status()
  return {
    name,
    provider: provider.id,
    kind: provider.kind,
    ids: source.account.ids,
    state,
    ...(generation !== undefined && { generation }),
    ...(issuedAtMs !== undefined && { issued_at: issuedAtMs }),
    ...(expiresAtMs !== undefined && {
      expires_at: expiresAtMs,
      expires_in_ms: Math.max(0, Math.floor(expiresAtMs - nowMs)),
    }),
    ...(refreshAtMs !== undefined && { refresh_at: refreshAtMs }),
    ...(lastFailure && { last_failure: failureOf(provider, lastFailure) }),
    ...(lastRefresh && { last_refresh: lastRefresh }),
    place: provider.spec.placement,
  }
}

function failureOf(provider: AnyProvider, failure: NonNullable<SourceStatus['lastFailure']>): AccountFailure {
  const { code, errorClass, message, hint: text, platformCode, failures, atMs, retryAtMs } = failure
  // The source's hint names the denied address. Without a hint of the provider, it is used as it is.
  const [ip] = text?.match(/\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[\da-f]*:[\da-f:]+:[\da-f]+\b/i) ?? []
  const hint = bilingualHint(provider, { errorClass, platformCode, ip }) ?? (text && { en: text, zh: text })
  return {
    code,
    class: errorClass,
    message,
    ...(hint && { hint }),
    ...(platformCode !== undefined && { platform_code: platformCode }),
    failures,
    at: Math.round(atMs),
    retry_at: Math.round(retryAtMs),
  }
}
