import type { ClientKey, ClientRole } from './keys/client-key.js'
import { clientRoles } from './keys/client-key.js'
import type { Session } from './keys/session-cookie.js'

/** Who sent a request: a client key, and what it may do. */
export interface Caller {
  readonly key: ClientKey
  /** The visit to the status page, where a cookie authenticated the request; absent for a key. */
  readonly session?: Session
  /** Whether tokens, status and events of the account are for it. */
  mayRead(account: string): boolean
  /** Whether it may say that a token of the account was refused. */
  mayReport(account: string): boolean
  /** Whether it may force a refresh of the account. */
  mayAdmin(account: string): boolean
}

/** The caller that a key makes, or a session of it. */
export function callerOf(key: ClientKey, session?: Session): Caller {
  const { accounts, role } = key
  const named = accounts === '*' ? undefined : new Set(accounts)
  const isIn = (account: string): boolean => named?.has(account) ?? true
  const may = (least: ClientRole) => {
    const hasRole = clientRoles.indexOf(role) >= clientRoles.indexOf(least)
    return (account: string): boolean => hasRole && isIn(account)
  }
  const rights = { mayRead: may('reader'), mayReport: may('reporter'), mayAdmin: may('admin') }
  return { key, ...rights, ...(session && { session }) }
}
