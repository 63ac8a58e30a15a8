import { channel } from 'node:diagnostics_channel'
import type { Account } from './account.js'
import type { CacheReach } from './cache.js'
import type { PlatformCode } from './error-class.js'
import type { AnyLingpaiError, CacheError } from './errors.js'
import type { RefreshReason } from './token-record.js'

/** What every event of an account carries. */
interface AccountEvent {
  readonly account: Account
  /** Unix milliseconds. */
  readonly atMs: number
}

/** The events, by name. None carries a token or a secret. */
export interface LingpaiEvents {
  /** A new token was fetched by this process. */
  refreshed: AccountEvent & {
    readonly generation: number
    readonly reason: RefreshReason
    readonly issuedAtMs: number
    readonly expiresAtMs: number
    /** Time the upstream request took, milliseconds. */
    readonly upstreamMs: number
    /** Why it was forced, in the words of whoever did. */
    readonly note?: string
  }
  /** A newer token of another process was found in the cache, or one from outside was given to `adopt()`. */
  adopted: AccountEvent & { readonly generation: number; readonly expiresAtMs: number }
  /**
   * Upstream repeated the token it had given before, or its probe accepted one that was reported as rejected. The token lives no
   * longer for that, unless the provider is one that extends.
   */
  'same-token': AccountEvent & {
    readonly generation: number
    readonly reason: RefreshReason
    readonly expiresAtMs: number
    readonly extended: boolean
  }
  /** Upstream gave a token without a lifetime that can be read; it is used for the provider's `defaultLifeSeconds`. */
  'lifetime-assumed': AccountEvent & {
    readonly generation: number
    readonly reason: RefreshReason
    readonly expiresAtMs: number
    readonly problem: 'missing' | 'unreadable'
  }
  /** A refresh failed, and the old token, still alive, was served. */
  'served-stale': AccountEvent & {
    readonly generation: number
    readonly expiresAtMs: number
    readonly error: AnyLingpaiError
  }
  /** An API refused the current token. */
  rejected: AccountEvent & { readonly generation: number; readonly code: PlatformCode | undefined }
  /** A refresh came to nothing. */
  'refresh-failed': AccountEvent & { readonly reason: RefreshReason; readonly error: AnyLingpaiError }
  /** The cache failed or held rubbish; the call went on without it. */
  'cache-failed': AccountEvent & {
    readonly error: CacheError
    /** Whether an earlier event told this outage, with the same outlook; a log can leave it out. */
    readonly repeated: boolean
  }
  /** The cache works again; `failures` is how many operations failed in between, of all accounts. */
  'cache-recovered': { readonly atMs: number; readonly failures: number }
  /** A token was asked for on a shared cache that has no lease: other processes may be asking at the same time. */
  'unguarded-refresh': AccountEvent & { readonly reason: RefreshReason; readonly reach: CacheReach }
  /** The lease ran out while upstream was being asked; the other holder's record wins. */
  'lease-lost': AccountEvent & { readonly reason: RefreshReason }
  /** Somebody outside keeps refreshing this account: young tokens are refused again and again. */
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

/** Hands events to listeners and to the diagnostics channels `lingpai:<event>`. A listener that throws harms nobody. */
export class EventHub {
  readonly #listeners = new Map<LingpaiEventName, Set<Listener>>()

  /** @returns Ends the listening. */
  on<Name extends LingpaiEventName>(name: Name, listener: (event: LingpaiEvents[Name]) => unknown): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    // A wrapper of its own, so that the same function may listen twice and end each listening apart.
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

/** Calls foreign code; neither its throw nor its rejection comes back. */
export function harmlessly(call: () => unknown): void {
  try {
    Promise.resolve(call()).catch(() => undefined)
  } catch {
    // Whoever listens has to look after himself.
  }
}
