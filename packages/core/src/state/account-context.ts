import { fingerprintIn, type Account } from '../account.js'
import { CacheGate, type BoundedStore, type CacheUser } from '../cache/bounded-cache.js'
import type { ChangeFeed, ChangeListener } from '../cache/change-feed.js'
import type { Clock } from '../clock.js'
import type { CacheError, CacheErrorDetails } from '../errors.js'
import type { LingpaiEventName, LingpaiEvents } from '../events.js'
import type { ResolvedCredentials, ResolvedSpec, Secret } from '../provider.js'
import type { Closing } from '../time/closing.js'
import { momentOf, type Moment } from '../time/moment.js'
import type { StoredRecord } from '../token-record.js'
import type { TokenSource } from '../token-source.js'
import type { UpstreamOptions } from '../upstream/upstream-options.js'
import { Turn, type RefreshQueues } from './refresh-queue.js'
import {
  forgetSource,
  heldTokens,
  holdRecord,
  noteCacheAnswer,
  type AccountState,
  type HotSource,
} from './account-state.js'

/** What all accounts of a manager share. */
export interface ManagerParts {
  readonly clock: Clock
  readonly store: BoundedStore
  readonly upstream: UpstreamOptions
  /** Limit of a whole refresh in milliseconds. */
  readonly timeoutMs: number
  readonly queues: RefreshQueues
  readonly changes: ChangeFeed
  /** Refreshes of this manager that are under way. */
  readonly running: Set<Promise<unknown>>
  /** Where in the jitter this process stands, 0 to 1. */
  readonly jitter: number
  /** Id of this process in records. */
  readonly writer: () => string
  /** Ends one use of the state of an account, by the key of its record. */
  readonly release: (key: string) => void
  readonly emit: <Name extends AccountEventName>(account: Account, name: Name, facts: EventFacts<Name>) => void
  /** Called after each successful operation of the cache. */
  readonly onCacheSuccess: (operation: CacheErrorDetails['operation']) => void
  /** Whether a failure of the cache belongs to an outage that is known already. */
  readonly isKnownFailure: (error: CacheError) => boolean
}

/** What a source is for. */
export interface AccountFacts<C> {
  readonly spec: ResolvedSpec<C>
  readonly account: Account
  /** Others take their place when the account's source is asked for with others. */
  readonly volatile: Readonly<Record<string, Secret>>
  readonly isReadonly: boolean
  /** Whether it is the parent of a derived account, and serves that alone. */
  readonly isNested: boolean
  readonly closing: Closing
  /** What serves the account's token to callers. */
  readonly source: HotSource
}

/** Source of a parent token. It serves one context of a derived account alone. */
export interface ParentSource extends TokenSource {
  /** The derived account is left. */
  leave(): void
}

/** What belongs to the secrets of an account. */
export interface AccountParts<C> {
  readonly facts: AccountFacts<C>
  /** The secrets, fetched where they are functions. */
  readonly secrets: Readonly<Record<string, string>>
  /** Key of the account's record in the cache. */
  readonly key: string
  readonly state: AccountState
  /** Source of the parent token for a derived token, with the same credentials. */
  readonly parent: ParentSource | undefined
}

/** An account of a manager, with its secrets resolved. A process may have a million: what they share is in one place. */
export class AccountContext<C = never> implements CacheUser {
  /** Key of the account's record in the cache. */
  readonly key: string
  readonly state: AccountState
  /** Source of the parent token for a derived token, with the same credentials. */
  readonly parent: ParentSource | undefined
  readonly #manager: ManagerParts
  readonly #facts: AccountFacts<C>
  readonly #secrets: Readonly<Record<string, string>>

  constructor(manager: ManagerParts, { facts, secrets, key, state, parent }: AccountParts<C>) {
    this.#manager = manager
    this.#facts = facts
    this.#secrets = secrets
    this.key = key
    this.state = state
    this.parent = parent
  }

  /** Tells the secrets apart without revealing them. */
  get fingerprint(): string {
    return fingerprintIn(this.key)
  }

  /** The cache, for this account. It has no state of its own, so it is made at each use. */
  get gate(): CacheGate {
    return new CacheGate(this.#manager.store, this)
  }

  get closing(): Closing {
    return this.#facts.closing
  }

  /** What serves the account's token to callers. */
  get source(): HotSource {
    return this.#facts.source
  }

  get spec(): ResolvedSpec<C> {
    return this.#facts.spec
  }

  get account(): Account {
    return this.#facts.account
  }

  get isReadonly(): boolean {
    return this.#facts.isReadonly
  }

  /** Whether its refreshes are part of those of a derived token. */
  get isNested(): boolean {
    return this.#facts.isNested
  }

  get credentials(): ResolvedCredentials<C> {
    return { ...this.account.ids, ...this.#secrets } as ResolvedCredentials<C>
  }

  /** The volatile credentials as they were given: a value, or a function that is asked at each request. */
  get volatile(): Readonly<Record<string, Secret>> {
    return this.#facts.volatile
  }

  get clock(): Clock {
    return this.#manager.clock
  }

  get upstream(): UpstreamOptions {
    return this.#manager.upstream
  }

  /** Limit of a whole refresh in milliseconds. */
  get timeoutMs(): number {
    return this.#manager.timeoutMs
  }

  /** Where in the jitter this account stands in this process, 0 to 1. */
  get jitter(): number {
    // Accounts that were started at one moment must not be renewed at one moment.
    return (this.#manager.jitter + Number.parseInt(this.fingerprint.slice(0, 8), 16) / 2 ** 32) % 1
  }

  /** Id of this process in records. */
  get writer(): string {
    return this.#manager.writer()
  }

  /** Refreshes of this manager that are under way. */
  get running(): Set<Promise<unknown>> {
    return this.#manager.running
  }

  /** The turn of a refresh among those of all accounts of the provider. @param isUrgent whether a caller waits for it */
  turnFor(isUrgent: boolean): Turn {
    const { clock, queues, timeoutMs } = this.#manager
    // A derived token's refresh waits for its parent's, but not for one ahead.
    const isNested = this.isNested && isUrgent
    return new Turn(queues.of(this.spec.id), { clock, isUrgent, isNested, longestMs: timeoutMs })
  }

  /** The source serves this account no longer. What the process knows of it is forgotten, unless another source uses it. */
  leave(): void {
    forgetSource(this.state, this.source)
    this.#manager.release(this.key)
    this.parent?.leave()
  }

  emit<Name extends AccountEventName>(name: Name, facts: EventFacts<Name>): void {
    this.#manager.emit(this.account, name, facts)
  }

  /** Calls `listener` on each reported write to the key. @returns a function that removes it */
  onChange(listener: ChangeListener): () => void {
    return this.#manager.changes.on(this.key, listener)
  }

  isCacheSilent(): boolean {
    return this.state.unsettled.isCacheSilent
  }

  onCacheFailure(error: CacheError): void {
    noteCacheAnswer(this.state, error.details.operation, false)
    this.emit('cache-failed', { error, repeated: this.#manager.isKnownFailure(error) })
  }

  onCacheSuccess(operation: CacheErrorDetails['operation']): void {
    noteCacheAnswer(this.state, operation, true)
    this.#manager.onCacheSuccess(operation)
  }

  heldTokens(): readonly string[] {
    return heldTokens(this.state)
  }
}

/** Names of the events that concern an account. */
export type AccountEventName = Exclude<LingpaiEventName, 'cache-recovered' | 'closed'>

/** An event without the fields that the emitter adds. */
export type EventFacts<Name extends AccountEventName> = Omit<LingpaiEvents[Name], 'account' | 'atMs'>

/** What is known about a record that comes into memory. */
export interface RecordFacts {
  /** Start of the cache read or upstream request that brought it. */
  readonly seen: Moment
  /** A moment on the clocks of this process and on the record's clock. @default now, as far as known */
  readonly known?: { readonly at: Moment; readonly sharedMs: number }
  /** Whether upstream itself has just reported the token's lifetime. @default false */
  readonly isFresh?: boolean
  /** How far the record's clock may have been set back since the record was written. @default 0 */
  readonly setBackMs?: number
  /** Duration of its request in milliseconds. @default infinite: another process sent it */
  readonly requestMs?: number
}

/** Takes a record into memory, with its moments converted to the clocks of this process. */
export function remember<C>(context: AccountContext<C>, record: StoredRecord, facts: RecordFacts): void {
  const { state, clock, spec, jitter, gate } = context
  const {
    seen,
    isFresh = false,
    setBackMs = 0,
    requestMs = Infinity,
    known: { at, sharedMs } = { at: momentOf(clock), sharedMs: gate.reckonedNowMs() },
  } = facts
  holdRecord(state, record, { renewal: spec.renewal, at, sharedMs, setBackMs, jitter, isFresh, seen, requestMs })
}
