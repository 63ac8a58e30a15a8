import type { PlatformCode } from '@lingpai/core'
import type { AccountRef } from './accounts.js'
import type { SimEndpoint } from './platform.js'
import type { PlatformName } from './platform-name.js'
import type { DeadKind } from './token-book.js'

/** A request, without secret or token. */
export interface LedgerEntry {
  /** Time of arrival, in Unix milliseconds of the simulator's clock. */
  readonly atMs: number
  readonly platform: PlatformName
  readonly endpoint: SimEndpoint
  /** Below the platform's prefix, without the query. */
  readonly path: string
  /** Absent if the request has no known account. */
  readonly account?: string
  /** The platform's code: 0 on success; `fault` if a fault prevented the platform's work. */
  readonly code: PlatformCode
  /** The token or ticket that was issued, or the token that was presented: `qq:102000001/app#3`. */
  readonly tokenId?: string
  /** For a token or ticket endpoint: whether the token was new. */
  readonly isNew?: boolean
  /** For a call: why the presented token does not work. */
  readonly dead?: DeadKind
  /** The effect of a fault: `latencyMs+status`. */
  readonly fault?: string
}

/** Request counts, which stay exact when entries are dropped. */
export interface LedgerCounts {
  readonly tokenRequests: number
  readonly apiRequests: number
  /** Tokens that the token endpoint created. */
  readonly tokensIssued: number
  /** Responses of the token endpoint that repeated a token. */
  readonly tokensRepeated: number
  /** Requests at ticket endpoints. */
  readonly ticketRequests: number
  /** New tickets. */
  readonly ticketsIssued: number
  /** Responses that repeated a ticket. */
  readonly ticketsRepeated: number
  /** Calls, including those for tickets, with a token that does not work. */
  readonly dead: Readonly<Record<DeadKind, number>>
}

/** All counts, in total and per account. */
export interface LedgerSummary extends LedgerCounts {
  readonly accounts: Readonly<Record<string, LedgerCounts>>
}

/** Selects the dead tokens that {@link Ledger.deadPresented} counts. */
export interface DeadFilter {
  readonly kind?: DeadKind
  readonly account?: AccountRef
}

/** What the platforms received. */
export interface Ledger {
  /** The latest requests, oldest first; at most `maxEntries`. */
  readonly entries: readonly LedgerEntry[]
  /** Requests at token endpoints, including those with a fault. */
  tokenRequests(account?: AccountRef): number
  /** Requests at APIs. */
  apiRequests(account?: AccountRef): number
  /** New tokens that the token endpoints made. */
  tokensIssued(account?: AccountRef): number
  /** Requests at ticket endpoints, including those with a fault. */
  ticketRequests(account?: AccountRef): number
  /** New tickets that the ticket endpoints made. */
  ticketsIssued(account?: AccountRef): number
  /** Calls, including those for tickets, that presented a dead token. A client may present a revoked one once in good faith. */
  deadPresented(filter?: DeadFilter): number
  /** All counts, in total and per account. */
  summary(): LedgerSummary
  /** Clears entries and counts. */
  reset(): void
}

/** A ledger that can be written. */
export interface WritableLedger extends Ledger {
  write(entry: LedgerEntry): void
}

type Counts = { -readonly [K in keyof Omit<LedgerCounts, 'dead'>]: number } & { dead: Record<DeadKind, number> }

/** An empty ledger. */
export function ledger(accountIdOf: (ref: AccountRef) => string, maxEntries: number): WritableLedger {
  let entries: LedgerEntry[] = []
  let total = noCounts()
  const accounts = new Map<string, Counts>()
  const countsOf = (ref: AccountRef | undefined): LedgerCounts =>
    ref === undefined ? total : (accounts.get(accountIdOf(ref)) ?? noCounts())
  return {
    get entries() {
      if (entries.length > maxEntries) entries = entries.slice(-maxEntries)
      return entries
    },
    write: (entry) => {
      if (entries.length >= maxEntries * 2) entries = entries.slice(-maxEntries)
      entries.push(Object.freeze(entry))
      count(total, entry)
      if (entry.account === undefined) return
      const own = accounts.get(entry.account) ?? noCounts()
      accounts.set(entry.account, own)
      count(own, entry)
    },
    tokenRequests: (account) => countsOf(account).tokenRequests,
    apiRequests: (account) => countsOf(account).apiRequests,
    tokensIssued: (account) => countsOf(account).tokensIssued,
    ticketRequests: (account) => countsOf(account).ticketRequests,
    ticketsIssued: (account) => countsOf(account).ticketsIssued,
    deadPresented: ({ kind, account } = {}) => {
      const { dead } = countsOf(account)
      return kind === undefined ? Object.values(dead).reduce((sum, one) => sum + one, 0) : dead[kind]
    },
    summary: () => structuredClone({ ...total, accounts: Object.fromEntries(accounts) }),
    reset: () => {
      entries = []
      total = noCounts()
      accounts.clear()
    },
  }
}

function noCounts(): Counts {
  return {
    tokenRequests: 0,
    apiRequests: 0,
    tokensIssued: 0,
    tokensRepeated: 0,
    ticketRequests: 0,
    ticketsIssued: 0,
    ticketsRepeated: 0,
    dead: { expired: 0, superseded: 0, revoked: 0, unknown: 0 },
  }
}

function count(counts: Counts, { endpoint, isNew, dead }: LedgerEntry): void {
  counts[`${endpoint}Requests`]++
  if (endpoint !== 'api' && isNew !== undefined) counts[`${endpoint}s${isNew ? 'Issued' : 'Repeated'}`]++
  if (dead !== undefined) counts.dead[dead]++
}
