import { ConfigError } from '@lingpai/core'
import type { AccountRef } from './accounts.js'
import type { FaultSpec } from './faults.js'
import { remoteGateway, type RemoteQqGateway } from './gateway/gateway-calls.js'
import type { DeadFilter, LedgerCounts, LedgerEntry, LedgerSummary } from './ledger.js'
import type { AccountChanges, MintOptions, RevokeOptions } from './world.js'

/** The ledger of a simulator in another process. */
export interface RemoteLedger {
  /** The latest requests, the oldest first. */
  entries(): Promise<readonly LedgerEntry[]>
  /** Requests at token endpoints, including those with a fault. */
  tokenRequests(account?: string): Promise<number>
  /** Requests at APIs. */
  apiRequests(account?: string): Promise<number>
  /** New tokens that the token endpoints made. */
  tokensIssued(account?: string): Promise<number>
  /** Requests at ticket endpoints, including those with a fault. */
  ticketRequests(account?: string): Promise<number>
  /** New tickets that the ticket endpoints made. */
  ticketsIssued(account?: string): Promise<number>
  /** Calls, including those for tickets, that presented a dead token. */
  deadPresented(filter?: Omit<DeadFilter, 'account'> & { readonly account?: string }): Promise<number>
  /** All counts, in total and per account. */
  summary(): Promise<LedgerSummary>
  /** Clears entries and counts. */
  reset(): Promise<void>
}

/** A fault in another process. */
export interface RemoteFault {
  readonly id: string
  /** Ends the fault. */
  clear(): Promise<void>
}

/** A simulator in another process, with the methods of {@link Simulator}. Rejects with the simulator's ConfigError, or as `fetch` does if it is unreachable. */
export interface SimulatorAdmin {
  readonly ledger: RemoteLedger
  /** The WebSocket gateway of QQ bots. */
  readonly qqGateway: RemoteQqGateway
  /** Whether the simulator responds. */
  health(): Promise<{ readonly ok: boolean; readonly timeScale: number }>
  /** Adds a fault for future requests. */
  fault(spec: FaultSpec): Promise<RemoteFault>
  /** Ends all faults. */
  clearFaults(): Promise<void>
  /** Revokes a token, or all tokens of an account, at once. */
  revoke(target: AccountRef, options?: RevokeOptions): Promise<void>
  /** Unlike that of {@link Simulator}, does not return the token. */
  mint(account: AccountRef, options?: MintOptions): Promise<void>
  /** Pushes a new value of a credential to the account's `pushUrl`. Unlike that of {@link Simulator}, does not return the event. */
  push(account: AccountRef): Promise<void>
  /** Changes an account at the platform. */
  change(account: AccountRef, changes: AccountChanges): Promise<void>
  /** Advances the platforms' time, in milliseconds of the client's time. */
  skipTime(ms: number): Promise<void>
}

/**
 * Creates a client of the admin API.
 *
 * @param url the simulator's `url`
 */
export function simulatorAdmin(url: string): SimulatorAdmin {
  const call = <T>(method: 'GET' | 'POST', name: string, body?: object): Promise<T> => ask<T>(url, method, name, body)
  const post = async (name: string, body: object = {}): Promise<void> => {
    await call('POST', name, body)
  }
  return {
    ledger: remoteLedger(call),
    qqGateway: remoteGateway(call),
    health: () => call('GET', 'health'),
    fault: async (spec) => {
      const times = String(spec.times ?? 1)
      const { id } = await call<{ id: string }>('POST', 'fault', { ...spec, times })
      return { id, clear: () => post('clear', { id }) }
    },
    clearFaults: () => post('clear'),
    revoke: (target, options) => post('revoke', { ...options, target }),
    mint: (account, options) => post('mint', { ...options, account }),
    push: (account) => post('push', { account }),
    change: (account, changes) => post('change', { ...changes, account }),
    skipTime: (ms) => post('skip', { ms }),
  }
}

type Call = <T>(method: 'GET' | 'POST', name: string, body?: object) => Promise<T>

function remoteLedger(call: Call): RemoteLedger {
  const summary = (): Promise<LedgerSummary> => call('GET', 'ledger')
  const countsOf = async (account: string | undefined): Promise<LedgerCounts | undefined> => {
    const all = await summary()
    return account === undefined ? all : all.accounts[account]
  }
  return {
    summary,
    entries: async () => (await call<{ entries: readonly LedgerEntry[] }>('GET', 'entries')).entries,
    tokenRequests: async (account) => (await countsOf(account))?.tokenRequests ?? 0,
    apiRequests: async (account) => (await countsOf(account))?.apiRequests ?? 0,
    tokensIssued: async (account) => (await countsOf(account))?.tokensIssued ?? 0,
    ticketRequests: async (account) => (await countsOf(account))?.ticketRequests ?? 0,
    ticketsIssued: async (account) => (await countsOf(account))?.ticketsIssued ?? 0,
    deadPresented: async ({ kind, account } = {}) => {
      const dead = (await countsOf(account))?.dead
      if (dead === undefined) return 0
      return kind === undefined ? Object.values(dead).reduce((sum, one) => sum + one, 0) : dead[kind]
    },
    reset: async () => {
      await call('POST', 'reset', {})
    },
  }
}

async function ask<T>(url: string, method: 'GET' | 'POST', name: string, body?: object): Promise<T> {
  const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await fetch(`${url}/_sim/${name}`, { method, ...init })
  const answer = (await response.json()) as { readonly error?: string }
  if (response.ok) return answer as T
  throw new ConfigError(answer.error ?? `simulator: HTTP ${response.status}`)
}
