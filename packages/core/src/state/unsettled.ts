import type { PlatformCode } from '../error-class.js'
import type { FailureRecord } from '../failure/failure-record.js'
import type { Moment } from '../time/moment.js'
import type { RunningRefresh } from './running-refresh.js'

/** An upstream request that may have replaced the token in memory already. */
export interface Asking {
  readonly since: Moment
  /** Resolves once the request is over, and its result, if any, is in memory. */
  readonly over: Promise<void>
}

/** What is not settled about an account. It is nearly always nothing, and then all accounts share one object. */
export interface Unsettled {
  /** When a record of the cache was last not believed because it came from the future. */
  readonly doubtedAt: Moment | undefined
  /** Other tokens that the cache and upstream gave lately, to be masked in texts of others. */
  readonly heardValues: readonly string[]
  /** The last token that an API rejected, and the code it gave. */
  readonly rejected: { readonly value: string; readonly code: PlatformCode | undefined } | undefined
  /** Tokens that APIs rejected lately, the last one included: a store that lost writes may bring an older one back. */
  readonly rejectedValues: readonly string[]
  readonly failure: FailureRecord | undefined
  readonly refresh: RunningRefresh | undefined
  /** The upstream requests under way, the earliest first, each until its response is in memory. */
  readonly asking: readonly Asking[]
  /** The record could not be written. It is written once the cache answers again. */
  readonly isUnwritten: boolean
  /** The moments of the record are on this host's clock, because the store's time was not known. */
  readonly isUntimed: boolean
  /** A deferred write is planned. */
  readonly isWritePlanned: boolean
  /** The last operation of the cache failed, questions for the time aside. */
  readonly isCacheSilent: boolean
  /** Grows with each `clear()`. A request from before is not kept after it. */
  readonly clears: number
}

/** No tokens: always this list, so that {@link withChanges} may compare by identity. */
export const noTokens: readonly string[] = Object.freeze([])

/** No requests: always this list, for the same reason. */
export const noAsking: readonly Asking[] = Object.freeze([])

/** Nothing is unsettled. */
export const settled: Unsettled = Object.freeze({
  doubtedAt: undefined,
  heardValues: noTokens,
  rejected: undefined,
  rejectedValues: noTokens,
  failure: undefined,
  refresh: undefined,
  asking: noAsking,
  isUnwritten: false,
  isUntimed: false,
  isWritePlanned: false,
  isCacheSilent: false,
  clears: 0,
})

const fields = Object.keys(settled) as readonly (keyof Unsettled)[]

/** What is unsettled after some changes. */
export function withChanges(known: Unsettled, changes: Partial<Unsettled>): Unsettled {
  const names = Object.keys(changes) as (keyof Unsettled)[]
  if (names.every((name) => changes[name] === known[name])) return known
  const changed = { ...known, ...changes }
  return fields.every((field) => changed[field] === settled[field]) ? settled : changed
}
