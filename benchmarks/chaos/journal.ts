/** The accounts: one whose platform makes a new token at each request, and one whose platform repeats it. */
export type AccountName = 'wechat' | 'wecom'

/** A request at a token endpoint, as the platform's side saw it. Moments by `performance.now()`. */
export interface TokenRequest {
  readonly account: AccountName
  readonly member: number
  readonly startedAtMs: number
  /** `Infinity` while it is in flight. */
  endedAtMs: number
  /** Whether the whole answer was sent; `false` also where the client went away. */
  isAnswered: boolean
  /** Whether the answer held a token that no answer had held before. */
  isNew: boolean
  /** Requests of the account that were in flight when this one came. */
  readonly beside: readonly TokenRequest[]
}

/** A call at the API whose token was dead. */
export interface DeadCall {
  readonly account: AccountName
  readonly member: number
  readonly atMs: number
  readonly kind: 'expired' | 'revoked' | 'superseded' | 'unknown'
  /** How long the token was past its expiry. */
  readonly overdueMs?: number
  /** When this process was first told that this token is dead; absent when it had not been told. */
  readonly toldAtMs?: number
}

/** A time in which something was kept from working. */
export interface Span {
  readonly fromMs: number
  toMs: number
}

/** Everything that is judged at the end. */
export interface Journal {
  readonly tokenRequests: TokenRequest[]
  readonly dead: DeadCall[]
  /** When tokens of an account were revoked. */
  readonly revocations: { readonly account: AccountName; readonly atMs: number }[]
  /** When a process was stopped, or had no time to run. */
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
    revocations: [],
    standstills: [],
    kills: [],
    outages: [],
    unhandled: [],
    memory: [],
    calls: 0,
    failed: 0,
  }
}
