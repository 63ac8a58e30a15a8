import type * as Driver from '@keyv/sqlite'
import { ConfigError } from '@lingpai/core'
import { codeOf } from '@lingpai/core/internal'

/** The methods of a store: Keyv's three, and SQL on the same connection. */
export interface SqliteStore {
  get(key: string): Promise<unknown>
  set(key: string, value: string): Promise<unknown>
  delete(key: string): Promise<boolean>
  /** Runs a statement and returns its rows. */
  query(sql: string, ...parameters: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>
  close(): Promise<void>
}

/** Opens a database file; errors appear in the first query. */
export type OpenStore = (path: string, busyTimeoutMs: number) => SqliteStore

/** Name of Keyv's table. */
export const recordTable = 'lingpai'

/**
 * Loads `@keyv/sqlite`, which is an optional dependency because its driver is native.
 *
 * @throws ConfigError if the package or its driver is missing
 */
export async function loadDriver(load?: () => Promise<typeof Driver>): Promise<OpenStore> {
  try {
    // A literal `await import` inside `try` lets bundlers continue without the driver if it is not installed.
    const { KeyvSqlite } = load === undefined ? await import('@keyv/sqlite') : await load()
    return (path, busyTimeout) => {
      const store = new KeyvSqlite({ uri: `sqlite://${path}`, table: recordTable, busyTimeout })
      // The failed query rejects too. Without a listener, Node.js would throw the error event.
      store.on('error', () => undefined)
      return store
    }
  } catch (cause) {
    throw missing(cause)
  }
}

function missing(cause: unknown): ConfigError {
  const isAbsent = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(codeOf(cause) ?? '')
  const text = isAbsent ? '@keyv/sqlite is not installed' : 'the native driver of @keyv/sqlite does not load'
  const hint = isAbsent
    ? 'npm install @keyv/sqlite; npm skips it if its driver can be neither downloaded nor compiled'
    : 'npm rebuild sqlite3; without a prebuilt driver this needs a C++ compiler and Python'
  return new ConfigError(`sqliteCache: ${text}: ${hint}`, { field: 'path', problem: 'missing' }, { hint, cause })
}
