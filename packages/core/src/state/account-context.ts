import type { Account } from '../account.js'
import type { CacheGate } from '../cache/bounded-cache.js'
import type { CacheChange } from '../cache.js'
import type { Clock } from '../clock.js'
import type { LingpaiEventName, LingpaiEvents } from '../events.js'
import type { ResolvedCredentials, ResolvedSpec } from '../provider.js'
import { momentOf, type Moment } from '../time/moment.js'
import type { StoredRecord } from '../token-record.js'
import type { TokenSource } from '../token-source.js'
import type { UpstreamOptions } from '../upstream/request-token.js'
import { holdRecord, type AccountState } from './account-state.js'

/** An account of a manager, with its secrets resolved. */
export interface AccountContext<C = never> {
  readonly spec: ResolvedSpec<C>
  readonly account: Account
  readonly credentials: ResolvedCredentials<C>
  /** Key of the account's record in the cache. */
  readonly key: string
  readonly fingerprint: string
  readonly state: AccountState
  readonly gate: CacheGate
  readonly clock: Clock
  readonly upstream: UpstreamOptions
  /** Source of the parent token for a derived token, with the same credentials. */
  readonly parent?: TokenSource
  /** Limit of a whole refresh in milliseconds. */
  readonly timeoutMs: number
  readonly isReadonly: boolean
  /** Position of this process within the jitter, 0 to 1. */
  readonly jitter: number
  readonly writer: string
  /** Refreshes of this manager that are under way. */
  readonly running: Set<Promise<unknown>>
  /** Aborts when the manager closes or the source is removed. */
  readonly closing: AbortSignal
  readonly emit: <Name extends AccountEventName>(name: Name, facts: EventFacts<Name>) => void
  /** Calls `listener` on each reported write to the key. @returns a function that removes it */
  readonly onChange: (listener: (change: CacheChange) => void) => () => void
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
