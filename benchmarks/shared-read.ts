import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KeyvSqlite } from '@keyv/sqlite'
import { fileCache } from '@lingpai/cache-file'
import { sqliteCache } from '@lingpai/cache-sqlite'
import type { IAccessTokenCache } from '@lingpai/core'

/**
 * Reading a shared cache against the least that the raw driver can do: one row by its key from the same database through the same
 * driver, and the same state file by its name, each with one request in flight. The record was written some seconds before, as
 * nearly always when records are read. Both are timed in turn in one run. Compare the ratio.
 * (`shared-read-redis.ts` does the same for Redis.)
 *
 * node --conditions=@lingpai/source --import tsx benchmarks/shared-read.ts
 */
const readsPerRound = 100
const rounds = 200
const warmUpRounds = 20
const standingMs = 4000
const key = 'lingpai:1:wechat-mp:app:https%3A%2F%2Fapi.weixin.qq.com:wx0123456789abcdef:5d41402abc4b2a76'
const value = JSON.stringify({ access_token: 'x'.repeat(150), generation: 7, expired_time: 1_900_000_000_000 })
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
try {
  await compare('sqlite', await sqlite())
  await compare('file', await file())
} finally {
  await rm(directory, { recursive: true, force: true })
}

interface Contest {
  readonly raw: () => Promise<unknown>
  readonly cache: IAccessTokenCache
  readonly close: () => Promise<unknown>
}

/** The raw driver is `sqlite3`, which `@keyv/sqlite` uses. */
async function sqlite(): Promise<Contest> {
  const path = join(directory, 'tokens.db')
  const cache = sqliteCache({ path })
  await cache.set(key, value)
  const database = await rawDatabase(path)
  const select = 'SELECT value FROM lingpai WHERE key = ?'
  const rowKey = `lingpai-${sha256(key)}`
  return {
    raw: async () =>
      new Promise((resolve, reject) => {
        database.all(select, [rowKey], (error, rows) => {
          if (error === null) resolve(rows[0]?.value)
          else reject(error)
        })
      }),
    cache,
    close: async () => {
      await cache.close?.()
      await new Promise((resolve) => {
        database.close(resolve)
      })
    },
  }
}

interface RawDatabase {
  all(sql: string, values: string[], done: (error: Error | null, rows: { value: string }[]) => void): void
  close(done: (value: unknown) => void): void
}

async function rawDatabase(path: string): Promise<RawDatabase> {
  // The driver is not a direct dependency of this repository: it is resolved from `@keyv/sqlite`.
  const adapter: typeof KeyvSqlite = (await import('@keyv/sqlite')).KeyvSqlite
  if (typeof adapter !== 'function') throw new TypeError('no @keyv/sqlite')
  const driver = createRequire(import.meta.resolve('@keyv/sqlite'))('sqlite3') as {
    Database: new (path: string, done: (error: Error | null) => void) => RawDatabase
  }
  return new Promise((resolve, reject) => {
    const database = new driver.Database(path, (error) => {
      if (error === null) resolve(database)
      else reject(error)
    })
  })
}

async function file(): Promise<Contest> {
  const below = join(directory, 'files')
  const cache = fileCache({ directory: below })
  await cache.set(key, value)
  const path = join(below, sha256(key), '1.json')
  return {
    raw: async () => JSON.parse(await readFile(path, 'utf8')) as unknown,
    cache,
    close: async () => cache.close?.(),
  }
}

async function compare(name: string, { raw, cache, close }: Contest): Promise<void> {
  if ((await cache.get(key)) !== value || (await raw()) === undefined)
    throw new TypeError(`${name}: read something else`)
  await new Promise((resolve) => setTimeout(resolve, standingMs))
  const ours = async (): Promise<unknown> => cache.get(key)
  const pairs: { readonly raw: number; readonly ours: number }[] = []
  for (let round = 0; round < rounds + warmUpRounds; round += 1) {
    const isOursFirst = round % 2 === 0
    const first = await measure(isOursFirst ? ours : raw)
    const second = await measure(isOursFirst ? raw : ours)
    if (round >= warmUpRounds) pairs.push(isOursFirst ? { ours: first, raw: second } : { ours: second, raw: first })
  }
  await close()
  const ratios = pairs.map((pair) => pair.ours / pair.raw).sort((one, other) => one - other)
  process.stdout.write(
    `${name.padEnd(7)} raw ${median(pairs.map((pair) => pair.raw)).toFixed(1)} µs  cache.get ${median(pairs.map((pair) => pair.ours)).toFixed(1)} µs  ` +
      `ratio ${median(ratios).toFixed(2)} (min ${ratios[0]?.toFixed(2)}, max ${ratios.at(-1)?.toFixed(2)}; wanted at most 1.5), ` +
      `${rounds} paired rounds of ${readsPerRound} reads, node ${process.version}\n`,
  )
}

/** Microseconds per read. */
async function measure(read: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  for (let count = 0; count < readsPerRound; count += 1) await read()
  return ((performance.now() - startedAt) * 1000) / readsPerRound
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[values.length >> 1] ?? Number.NaN
}
