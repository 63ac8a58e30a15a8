import { createRequire } from 'node:module'
import type { KeyvSqlite } from '@keyv/sqlite'

/** The part of the `sqlite3` driver that the yardsticks use. */
export interface SqliteDatabase {
  all<T>(sql: string, values: readonly unknown[]): Promise<readonly T[]>
  close(): Promise<void>
}

interface Driver {
  all(sql: string, values: readonly unknown[], done: (error: Error | null, rows: readonly never[]) => void): void
  close(done: () => void): void
  configure(name: 'busyTimeout', ms: number): void
}

/** Opens a database with the driver below `@keyv/sqlite`, which is not a direct dependency of this repository. */
export async function openSqlite(path: string): Promise<SqliteDatabase> {
  const adapter: typeof KeyvSqlite = (await import('@keyv/sqlite')).KeyvSqlite
  if (typeof adapter !== 'function') throw new TypeError('no @keyv/sqlite')
  const { Database } = createRequire(import.meta.resolve('@keyv/sqlite'))('sqlite3') as {
    readonly Database: new (path: string, done: (error: Error | null) => void) => Driver
  }
  const database = await new Promise<Driver>((resolve, reject) => {
    const opened = new Database(path, (error) => {
      if (error === null) resolve(opened)
      else reject(error)
    })
  })
  database.configure('busyTimeout', 1000)
  return {
    all: (sql, values) =>
      new Promise((resolve, reject) => {
        database.all(sql, values, (error, rows) => {
          if (error === null) resolve(rows)
          else reject(error)
        })
      }),
    close: () => new Promise((resolve) => database.close(resolve)),
  }
}
