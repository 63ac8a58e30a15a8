import type { ClientKey, ClientRole } from '../keys/client-key.js'
import { clientRoles } from '../keys/client-key.js'
import type { Session } from './session-cookie.js'

/** The sender of a request: a client key and its rights. */
export interface Caller {
  readonly key: ClientKey
  /** The session on the status page; absent if the request carries a key. */
  readonly session?: Session
  /** Whether the caller may read tokens, status and events of the account. */
  mayRead(account: string): boolean
  /** Whether the caller may receive tokens of the account; not with a key for some paths of the API only. */
  mayHold(account: string): boolean
  /** Whether the caller may report a rejected token of the account. */
  mayReport(account: string): boolean
  /** Whether the caller may force a refresh of the account. */
  mayAdmin(account: string): boolean
}

/** Creates the caller for a key or a session. */
export function callerOf(key: ClientKey, session?: Session): Caller {
  const { accounts, role, paths } = key
  const named = accounts === '*' ? undefined : new Set(accounts)
  const isIn = (account: string): boolean => named?.has(account) ?? true
  const may = (least: ClientRole) => {
    const hasRole = clientRoles.indexOf(role) >= clientRoles.indexOf(least)
    return (account: string): boolean => hasRole && isIn(account)
  }
  const held = (right: (account: string) => boolean) => (paths === undefined ? right : () => false)
  const rights = {
    mayRead: may('reader'),
    mayHold: held(may('reader')),
    mayReport: held(may('reporter')),
    mayAdmin: held(may('admin')),
  }
  return { key, ...rights, ...(session && { session }) }
}
