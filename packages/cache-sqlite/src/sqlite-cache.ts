import { resolve } from 'node:path'
import { encodeEntry, entryKey, keyvCache } from '@lingpai/cache-keyv'
import { ConfigError, systemClock, type CacheLease, type Clock, type IAccessTokenCache } from '@lingpai/core'
import { configErrors, assertReady, expandHome, holdingProcess, polledFeed, ignore } from '@lingpai/core/internal'
import { Keyv } from 'keyv'
import { changesIn } from './changes-in.js'
import { database, type Database } from './database.js'
import type { SqliteStore } from './driver.js'
import { commitLease, forgetEnded, forgetLeases, releaseLease, takeLease } from './schema.js'

const bad = configErrors('sqliteCache')

/** Options of `sqliteCache`. */
export interface SqliteCacheOptions {
  /**
   * The database file, on a local disk; created if missing with mode 0600, and its directory with mode 0700. Relative to the working
   * directory; `~` is the home directory. Do not share it with other data: a damaged file is moved aside as a whole.
   */
  readonly path: string
  /** How long a write waits for writes of other processes, in milliseconds. @default 800 */
  readonly busyTimeoutMs?: number
  /** Tells the time, which must be the same for all processes; a test passes its test clock. @default SQLite's clock */
  readonly clock?: Pick<Clock, 'now'>
  /** Called with the path to which a damaged database was moved: `<path>.damaged-<time>`. That file may contain tokens. */
  readonly onDamaged?: (movedTo: string) => void
}

/**
 * Stores records in an SQLite database, shared by all processes of the host, with a lease that fences in the same file.
 *
 * Its methods reject with SQLite's error (`SQLITE_BUSY`, `SQLITE_FULL` …) or the system's if the file cannot be read or written; the
 * stored records are then unchanged. The next call notices a deleted or replaced file. A damaged file is moved aside and replaced.
 *
 * @throws ConfigError if an option is missing or malformed. The first call rejects with one if `@keyv/sqlite` is missing
 * @example
 * ```ts
 * import { sqliteCache } from '@lingpai/cache-sqlite'
 * import { TokenManager } from '@lingpai/core'
 *
 * const tokens = new TokenManager({ cache: sqliteCache({ path: 'tokens.db' }) })
 * ```
 */
export function sqliteCache(options: SqliteCacheOptions): IAccessTokenCache {
  const { path, busyTimeoutMs = 800, clock, onDamaged = () => undefined } = options
  const file = resolvePath(path)
  if (!(Number.isFinite(busyTimeoutMs) && busyTimeoutMs >= 0))
    throw bad('busyTimeoutMs', 'must be a non-negative number')
  const db = database({ path: file, busyTimeoutMs, now: () => (clock ?? systemClock).now(), onDamaged })
  const feed = polledFeed(changesIn(db))
  /** Expired records that cannot be removed now are removed by the next write. */
  const forget = async (): Promise<void> => {
    const nowMs = clock?.now() ?? null
    const forgetting = async (sqlite: SqliteStore): Promise<void> => {
      await sqlite.query(forgetEnded, nowMs)
      await sqlite.query(forgetLeases, nowMs)
    }
    await db.run(forgetting, 0).catch(ignore)
  }
  const lease = leaseOf(db, () => clock?.now() ?? null)
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
    ...(clock && { clock }),
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

/** A Keyv that stores texts unchanged, on the connection that is open. */
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
      if (!(Number.isFinite(ttlMs) && ttlMs > 0)) throw bad('ttlMs', 'must be a positive number')
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
    throw new ConfigError('sqliteCache: "path" must be the path of a file', {
      field: 'path',
      problem: path === '' ? 'empty' : 'missing',
    })
  }
  if (typeof path !== 'string' || path.includes('\0')) throw bad('path', 'must be a path')
  if (path === ':memory:')
    throw bad('path', 'must not be :memory:, which is not shared; use memoryCache() in one process')
  if (/^(sqlite|file):/i.test(path)) throw bad('path', 'must be the path of a file, not a URL')
  const expanded = expandHome(path)
  if (expanded === undefined) throw bad('path', 'must not begin with the home of another user')
  return resolve(expanded)
}
