import type { LingpaiEventName } from '@lingpai/core'

/** The accounts: one whose platform makes a new token at each request, and one whose platform repeats it. */
export type AccountName = 'wechat' | 'wecom'

/** A request at a token endpoint, as the platform's side saw it. All moments of a journal are of `nowMs`. */
export interface TokenRequest {
  readonly account: AccountName
  readonly member: number
  readonly startedAtMs: number
  /** `Infinity` while it is in flight. */
  endedAtMs: number
  /** Which of the account's tokens the whole answer brought, counted from 1; absent if there was none, or no process received it. */
  token?: number
  /** Whether no answer had held that token before. */
  isNew: boolean
  /** How long it was said to live; less than a whole life where an answer that got lost had brought it before. */
  toldLifeMs: number
  /** Requests of the account that were in flight when this one came. */
  readonly beside: readonly TokenRequest[]
}

/** What a process knew of a token when it chose it: that it is dead, that it had used a newer one since, or nothing. */
export type Knowledge = 'told' | 'older' | 'nothing'

/** A call at the API whose token was dead. */
export interface DeadCall {
  readonly account: AccountName
  readonly member: number
  /** When it came. */
  readonly atMs: number
  /** When the process chose the token; see `witness.ts`. */
  readonly chosenAtMs: number
  readonly kind: 'expired' | 'revoked' | 'superseded'
  /** Which of the account's tokens, counted from 1; 0 for one that no answer brought. */
  readonly token: number
  /** When it expires at the earliest, by the platform's own word. */
  readonly expiresAtMs: number
  readonly knew: Knowledge
}

/** A time in which something was kept from working. */
export interface Span {
  readonly fromMs: number
  toMs: number
}

/** An event of the core in a process of the fleet. */
export interface Heard {
  readonly member: number
  readonly account: AccountName
  readonly name: LingpaiEventName
  /** Its other facts. */
  readonly text: string
  readonly atMs: number
}

/** Everything that is judged at the end. */
export interface Journal {
  readonly tokenRequests: TokenRequest[]
  readonly dead: DeadCall[]
  readonly heard: Heard[]
  /** When tokens of an account were revoked. */
  readonly revocations: { readonly account: AccountName; readonly atMs: number }[]
  /** What was made to go wrong on the way to the platform. */
  readonly faults: { readonly account: AccountName; readonly atMs: number; readonly text: string }[]
  /** When a process was started. */
  readonly starts: { readonly member: number; readonly atMs: number }[]
  /** When a process was stopped, or had no time to run. The judge's own process is number 0. */
  readonly standstills: (Span & { readonly member: number })[]
  /** When a process was killed. */
  readonly kills: { readonly member: number; readonly atMs: number }[]
  /** When the store was down, silent or emptied. */
  readonly outages: Span[]
  readonly unhandled: string[]
  /** Resident memory of the processes that live from the beginning to the end, bytes. */
  readonly memory: { readonly member: number; readonly atMs: number; readonly bytes: number }[]
  calls: number
  failed: number
}

/** An empty journal. */
export function newJournal(): Journal {
  return {
    tokenRequests: [],
    dead: [],
    heard: [],
    revocations: [],
    faults: [],
    starts: [],
    standstills: [],
    kills: [],
    outages: [],
    unhandled: [],
    memory: [],
    calls: 0,
    failed: 0,
  }
}
