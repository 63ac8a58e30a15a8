import type { LingpaiEventName } from '@lingpai/core'

/** The accounts: one whose platform issues a new token at each request, and one whose platform repeats it. */
export type AccountName = 'wechat' | 'wecom'

/** A request to a token endpoint, as the platform saw it. All moments of a journal come from `nowMs`. */
export interface TokenRequest {
  readonly account: AccountName
  readonly member: number
  readonly startedAtMs: number
  /** `Infinity` while it is in flight. */
  endedAtMs: number
  /** Number of the token in the complete response, counted per account from 1; absent if there is none, or no process received it. */
  token?: number
  /** Whether no earlier response contained that token. */
  isNew: boolean
  /** The lifetime in the response; less than a whole life if an earlier response with the same token was lost. */
  toldLifeMs: number
  /** Requests of the account that were in flight when this one arrived. */
  readonly beside: readonly TokenRequest[]
}

/** What a process knew about a token when it chose it: that it is dead, that the process had used a newer one, or nothing. */
export type Knowledge = 'told' | 'older' | 'nothing'

/** An API call with a dead token. */
export interface DeadCall {
  readonly account: AccountName
  readonly member: number
  /** When it arrived. */
  readonly atMs: number
  /** When the process chose the token; see `witness.ts`. */
  readonly chosenAtMs: number
  readonly kind: 'expired' | 'revoked' | 'superseded'
  /** Number of the token, counted per account from 1; 0 for one that no response contained. */
  readonly token: number
  /** The earliest time at which it expires according to the platform. */
  readonly expiresAtMs: number
  readonly knew: Knowledge
}

/** A period in which something was prevented from working. */
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

/** Everything that the checks at the end use. */
export interface Journal {
  readonly tokenRequests: TokenRequest[]
  readonly dead: DeadCall[]
  readonly heard: Heard[]
  /** When tokens of an account were revoked. */
  readonly revocations: { readonly account: AccountName; readonly atMs: number }[]
  /** Faults between the processes and the platform. */
  readonly faults: { readonly account: AccountName; readonly atMs: number; readonly text: string }[]
  /** When a process was started. */
  readonly starts: { readonly member: number; readonly atMs: number }[]
  /** When a process was stopped, or got no processor time. The process that runs the checks is number 0. */
  readonly standstills: (Span & { readonly member: number })[]
  /** When a process was killed. */
  readonly kills: { readonly member: number; readonly atMs: number }[]
  /** When the store was down, silent or emptied. */
  readonly outages: Span[]
  readonly unhandled: string[]
  /** Resident memory, in bytes, of the processes that live from the beginning to the end. */
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
