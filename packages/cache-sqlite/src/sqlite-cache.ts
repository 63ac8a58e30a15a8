import { resolve } from 'node:path'
import { encodeEntry, entryKey, keyvCache } from '@lingpai/cache-keyv'
import { ConfigError, systemClock, type CacheLease, type IAccessTokenCache } from '@lingpai/core'
import { assertReady, expandHome, holdingProcess, polledFeed } from '@lingpai/core/internal'
import { Keyv } from 'keyv'
import { changedKeys } from './changed-keys.js'
import { database, type Database } from './database.js'
import type { SqliteStore } from './driver.js'
import { commitLease, forgetEnded, forgetLeases, releaseLease, takeLease } from './schema.js'
import { ignore } from './system-error.js'

/** Which file, and how it is used. */
export interface SqliteCacheOptions {
  /**
   * The database file, on a local disk; created if missing, with mode 0600, its directory with mode 0700. Relative to the
   * working directory; `~` is the home directory. A file of its own: when it is damaged it is moved aside, with all that is in it.
   */
  readonly path: string
  /** How long a write waits for other processes to finish theirs, milliseconds. @default 800 */
  readonly busyTimeoutMs?: number
  /** Wall clock, Unix milliseconds, the same for all processes. @default Date.now */
  readonly now?: () => number
  /** Is told where a damaged database was moved to: `<path>.damaged-<time>`. It may hold tokens. */
  readonly onDamaged?: (movedTo: string) => void
}

/**
 * Records in an SQLite database, shared by all processes of the host, with a lease that fences in the same file.
 *
 * Rejects with SQLite's error (`SQLITE_BUSY`, `SQLITE_FULL` …) or the system's when the file cannot be read or written; what
 * stood before still stands. A deleted or replaced file is noticed by the next call; a damaged one is moved aside and started anew.
 *
 * @throws ConfigError when an option is missing or malformed. The first call rejects with one when `@keyv/sqlite` is missing.
 */
export function sqliteCache(options: SqliteCacheOptions): IAccessTokenCache {
  const { path, busyTimeoutMs = 800, now, onDamaged = () => undefined } = options
  const file = resolvePath(path)
  if (!(Number.isFinite(busyTimeoutMs) && busyTimeoutMs >= 0)) throw bad('busyTimeoutMs', 'is no length of time')
  const db = database({ path: file, busyTimeoutMs, now: now ?? systemClock.now, onDamaged })
  const feed = polledFeed(changedKeys(db))
  /** What cannot be forgotten at once is forgotten by the next write. */
  const forget = async (): Promise<void> => {
    const nowMs = now?.() ?? null
    const forgetting = async (sqlite: SqliteStore): Promise<void> => {
      await sqlite.query(forgetEnded, nowMs)
      await sqlite.query(forgetLeases, nowMs)
    }
    await db.run(forgetting, 0).catch(ignore)
  }
  const lease = leaseOf(db, () => now?.() ?? null)
  const cache = keyvCache({
    store: recordsOf(db),
    reach: 'host',
    lease: {
      ...lease,
      commit: async (...call) => {
        const isWritten = await lease.commit(...call)
        if (isWritten) await forget()
        return isWritten
      },
    },
    ...(now === undefined ? {} : { now }),
  })
  return {
    ...cache,
    set: async (...call) =>
      holdingProcess(async () => {
        await cache.set(...call)
        await forget()
      }),
    subscribe: feed.subscribe,
    ready: async () => assertReady('sqliteCache', cache),
    close: async () => {
      feed.close()
      await cache.close?.()
      await db.close()
    },
  }
}

/** A Keyv that stores the text it is given as it is, on whichever connection is open. */
function recordsOf({ run }: Pick<Database, 'run'>): Keyv {
  const store = {
    opts: { dialect: 'sqlite' },
    get: async (key: string) => run(async (sqlite) => sqlite.get(key)),
    set: async (key: string, text: string) => run(async (sqlite) => sqlite.set(key, text)),
    delete: async (key: string) => run(async (sqlite) => sqlite.delete(key)),
    clear: async () => undefined,
  }
  return new Keyv({
    store,
    useKeyPrefix: false,
    throwOnErrors: true,
    serialize: ({ value }) => String(value),
    deserialize: (text) => ({ value: text as never }),
  })
}

function leaseOf({ run }: Pick<Database, 'run'>, nowMs: () => number | null): CacheLease {
  const changes = async (sql: string, ...parameters: readonly unknown[]): Promise<boolean> =>
    run(async (sqlite) => (await sqlite.query(sql, ...parameters)).length > 0)
  return {
    take: async (key, holder, ttlMs) => {
      if (!(Number.isFinite(ttlMs) && ttlMs > 0)) throw bad('ttlMs', 'is to be above zero')
      return run(async (sqlite) => {
        const taken = await sqlite.query(takeLease, entryKey(key), holder, Math.ceil(ttlMs), nowMs())
        return taken.length > 0
      })
    },
    commit: async (key, holder, value, expiresAtMs) =>
      changes(commitLease, encodeEntry(key, { value, expiresAtMs }), entryKey(key), holder),
    release: async (key, holder) => void (await changes(releaseLease, entryKey(key), holder)),
  }
}

function resolvePath(path: unknown): string {
  if (path === undefined || path === '') {
    throw new ConfigError('sqliteCache: path is to name a file', {
      field: 'path',
      problem: path === '' ? 'empty' : 'missing',
    })
  }
  if (typeof path !== 'string' || path.includes('\0')) throw bad('path', 'is no path')
  if (path === ':memory:') throw bad('path', 'is shared by nobody: memoryCache() is for one process')
  if (/^(sqlite|file):/i.test(path)) throw bad('path', 'is to be the path of a file, not a URL')
  const expanded = expandHome(path)
  if (expanded === undefined) throw bad('path', 'begins with the home of another user, which is not looked up')
  return resolve(expanded)
}

function bad(field: string, problem: string): ConfigError {
  return new ConfigError(`sqliteCache: ${field} ${problem}`, { field, problem: 'malformed' })
}
