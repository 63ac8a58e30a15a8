import { ignore } from '@lingpai/core/internal'
import { fileIdentity, prepareDatabaseFile } from './database-file.js'
import { loadDriver, type OpenStore, type SqliteStore } from './driver.js'
import { hasUnnoted, noteRest, schema } from './schema.js'
import { codedError } from './sqlite-error.js'

/** An open database, and the identity of its file. */
export interface Connection {
  readonly store: SqliteStore
  readonly inode: string
}

/** The file, and how long to wait for locks: while opening, and then in each query. */
export interface ConnectionOptions {
  readonly path: string
  readonly openTimeoutMs: number
  readonly queryTimeoutMs: number
  readonly now: () => number
}

let driver: Promise<OpenStore> | undefined

/**
 * Opens and prepares the database, and creates what is missing. Rejects with SQLite's error, such as `SQLITE_CORRUPT` or
 * `SQLITE_NOTADB`, or with a ConfigError if the driver is missing. Nothing stays open after a rejection.
 */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { path, openTimeoutMs, queryTimeoutMs, now } = options
  driver ??= loadDriver()
  const openStore = await driver.catch((error: unknown) => {
    driver = undefined
    throw error
  })
  await prepareDatabaseFile(path, now)
  const inode = fileIdentity(path)?.inode
  // Not in slices: until garbage collection, the driver does not close a file that it opened but could not use.
  const store = openStore(path, openTimeoutMs)
  try {
    // Queried in the same tick: a rejected open without a handler would crash the process.
    await store.query('PRAGMA journal_mode = WAL')
    // What a power failure takes of the schema is created again, so it needs no flush.
    await store.query('PRAGMA synchronous = NORMAL')
    await assertSound(store)
    for (const statement of schema) await store.query(statement)
    if ((await store.query(hasUnnoted)).length > 0) await store.query(noteRest)
    // A committed write must survive a power failure. This costs a flush per write, and writes are rare.
    await store.query('PRAGMA synchronous = FULL')
    await store.query(`PRAGMA busy_timeout = ${String(Math.floor(queryTimeoutMs))}`)
    if (inode === undefined || inode !== fileIdentity(path)?.inode) throw codedError('SQLITE_READONLY')
    return { store, inode }
  } catch (error) {
    await store.close().catch(ignore)
    throw error
  }
}

/** Checks the whole database, which is small: a truncated file may look valid at first. */
async function assertSound(store: SqliteStore): Promise<void> {
  const [row] = await store.query('PRAGMA quick_check(1)')
  if (row?.['quick_check'] !== 'ok') throw codedError('SQLITE_CORRUPT')
}
