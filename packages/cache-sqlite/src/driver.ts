import type * as Driver from '@keyv/sqlite'
import { ConfigError } from '@lingpai/core'
import { codeOf } from './system-error.js'

/** What is needed of a store: Keyv's three methods, and plain SQL on the same connection. */
export interface SqliteStore {
  get(key: string): Promise<unknown>
  set(key: string, value: string): Promise<unknown>
  delete(key: string): Promise<boolean>
  /** One statement; gives its rows. */
  query(sql: string, ...parameters: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>
  close(): Promise<void>
}

/** Opens a database file at once; what goes wrong shows at the first query. */
export type OpenStore = (path: string, busyTimeoutMs: number) => SqliteStore

/** Keyv's table. */
export const recordTable = 'lingpai'

/**
 * Loads `@keyv/sqlite`, which is an optional dependency because its driver is native.
 *
 * @throws ConfigError when it, or the driver below it, is not there.
 */
export async function loadDriver(load?: () => Promise<typeof Driver>): Promise<OpenStore> {
  try {
    // A literal `await import` inside `try`: bundlers then go on without the driver where it is not installed.
    const { KeyvSqlite } = load === undefined ? await import('@keyv/sqlite') : await load()
    return (path, busyTimeout) => {
      const store = new KeyvSqlite({ uri: `sqlite://${path}`, table: recordTable, busyTimeout })
      // Whoever asks is told as well. An error event that nobody hears is thrown, by Node, at whoever emits it.
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
    ? 'npm install @keyv/sqlite; it is left out where its driver can be neither downloaded nor compiled'
    : 'npm rebuild sqlite3, which needs a C++ compiler and Python where no prebuilt driver can be downloaded'
  return new ConfigError(`sqliteCache: ${text}: ${hint}`, { field: 'path', problem: 'missing' }, { hint, cause })
}
