import { channel } from 'node:diagnostics_channel'
import type { Account } from './account.js'
import type { CacheReach } from './cache.js'
import type { PlatformCode } from './error-class.js'
import type { AnyLingpaiError, CacheError } from './errors.js'
import type { RefreshReason } from './token-record.js'

/** Fields of every event that concerns an account. */
interface AccountEvent {
  readonly account: Account
  /** Unix milliseconds. */
  readonly atMs: number
}

/** The events by name. None carries a token or a secret. */
export interface LingpaiEvents {
  /** This process fetched a new token. */
  refreshed: AccountEvent & {
    readonly generation: number
    readonly reason: RefreshReason
    readonly issuedAtMs: number
    readonly expiresAtMs: number
    /** Duration of the upstream request in milliseconds. */
    readonly upstreamMs: number
    /** The `note` that the caller gave to `refresh()`. */
    readonly note?: string
  }
  /** A newer token was found in the cache, or a token from outside was given to `adopt()`. */
  adopted: AccountEvent & { readonly generation: number; readonly expiresAtMs: number }
  /**
   * Upstream gave the same token again, or its probe accepted a token that was reported as rejected. The token's life
   * stays as it was, unless the provider's mode is `extend`.
   */
  'same-token': AccountEvent & {
    readonly generation: number
    readonly reason: RefreshReason
    readonly expiresAtMs: number
    readonly extended: boolean
  }
  /** Upstream gave a token without a readable lifetime. It is used for the provider's `defaultLifeSeconds`. */
  'lifetime-assumed': AccountEvent & {
    readonly generation: number
    readonly reason: RefreshReason
    readonly expiresAtMs: number
    readonly problem: 'missing' | 'unreadable'
  }
  /** A refresh failed, and the old token, which has not expired, was served. */
  'served-stale': AccountEvent & {
    readonly generation: number
    readonly expiresAtMs: number
    readonly error: AnyLingpaiError
  }
  /** An API rejected the current token. */
  rejected: AccountEvent & { readonly generation: number; readonly code: PlatformCode | undefined }
  /** A refresh failed. */
  'refresh-failed': AccountEvent & { readonly reason: RefreshReason; readonly error: AnyLingpaiError }
  /** The cache failed, or an entry was malformed. The call continued without it. */
  'cache-failed': AccountEvent & {
    readonly error: CacheError
    /** Whether an earlier event reported this outage with the same `retryable`. A log can skip it. */
    readonly repeated: boolean
  }
  /** The cache works again. `failures` is the number of operations of all accounts that failed in between. */
  'cache-recovered': { readonly atMs: number; readonly failures: number }
  /** A token was requested over a shared cache that has no lease: other processes may request one at the same time. */
  'unguarded-refresh': AccountEvent & { readonly reason: RefreshReason; readonly reach: CacheReach }
  /** The lease expired during the upstream request. The record of the new holder wins. */
  'lease-lost': AccountEvent & { readonly reason: RefreshReason }
  /** Another program keeps refreshing this account: young tokens are rejected repeatedly. */
  'foreign-refresh': AccountEvent & {
    readonly generation: number
    readonly rejections: number
    readonly retryAtMs: number
  }
  /** The manager was closed. */
  closed: { readonly atMs: number }
}

/** Name of an event. */
export type LingpaiEventName = keyof LingpaiEvents

/** Listeners given at construction. */
export type LingpaiHooks = { readonly [Name in LingpaiEventName]?: (event: LingpaiEvents[Name]) => void }

type Listener = (event: never) => unknown

/** Dispatches events to listeners and to the diagnostics channels `lingpai:<event>`. Listener errors are ignored. */
export class EventHub {
  readonly #listeners = new Map<LingpaiEventName, Set<Listener>>()

  /** @returns a function that removes the listener */
  on<Name extends LingpaiEventName>(name: Name, listener: (event: LingpaiEvents[Name]) => unknown): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    // Wrapped, so that the same function can be added twice and each registration is removed on its own.
    const own: Listener = (event) => listener(event)
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  emit<Name extends LingpaiEventName>(name: Name, event: LingpaiEvents[Name]): void {
    const frozen = Object.freeze(event)
    const diagnostics = channel(`lingpai:${name}`)
    if (diagnostics.hasSubscribers)
      harmlessly(() => {
        diagnostics.publish(frozen)
      })
    for (const listener of [...(this.#listeners.get(name) ?? [])]) harmlessly(() => listener(frozen as never))
  }
}

/** Calls foreign code. What it throws or rejects with is ignored. */
export function harmlessly(call: () => unknown): void {
  try {
    Promise.resolve(call()).catch(() => undefined)
  } catch {
    // Listener errors are ignored.
  }
}
