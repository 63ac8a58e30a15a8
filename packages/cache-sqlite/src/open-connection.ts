import { fileIdentity, prepareDatabaseFile } from './database-file.js'
import { loadDriver, type OpenStore, type SqliteStore } from './driver.js'
import { hasUnnoted, noteRest, schema } from './schema.js'
import { codedError } from './sqlite-error.js'
import { ignore } from './system-error.js'

/** An open database, and which file it is. */
export interface Connection {
  readonly store: SqliteStore
  readonly inode: string
}

/** The file, and how long locks are waited for: at opening, and then by each query. */
export interface ConnectionOptions {
  readonly path: string
  readonly openTimeoutMs: number
  readonly queryTimeoutMs: number
  readonly now: () => number
}

let driver: Promise<OpenStore> | undefined

/**
 * Opens and prepares the database, making what is missing. Rejects with SQLite's error, `SQLITE_CORRUPT` and `SQLITE_NOTADB`
 * among them, or with a ConfigError where the driver is missing; nothing stays open then.
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
  // Not in slices: the driver forgets, until the garbage is collected, to close what it could open but not use.
  const store = openStore(path, openTimeoutMs)
  try {
    // Asked in the same tick as opened: a failure to open that nobody waits for would end the process.
    await store.query('PRAGMA journal_mode = WAL')
    // What a commit has answered for outlives a power cut; it costs a flush for each write, and writes are rare.
    await store.query('PRAGMA synchronous = FULL')
    await assertSound(store)
    for (const statement of schema) await store.query(statement)
    if ((await store.query(hasUnnoted)).length > 0) await store.query(noteRest)
    await store.query(`PRAGMA busy_timeout = ${String(Math.floor(queryTimeoutMs))}`)
    if (inode === undefined || inode !== fileIdentity(path)?.inode) throw codedError('SQLITE_READONLY')
    return { store, inode }
  } catch (error) {
    await store.close().catch(ignore)
    throw error
  }
}

/** Reads the whole database, which is small: half a file may look whole at first. */
async function assertSound(store: SqliteStore): Promise<void> {
  const [row] = await store.query('PRAGMA quick_check(1)')
  if (row?.['quick_check'] !== 'ok') throw codedError('SQLITE_CORRUPT')
}
