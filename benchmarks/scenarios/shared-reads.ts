import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import KeyvRedis, { createClient } from '@keyv/redis'
import { fileCache } from '@lingpai/cache-file'
import { redisCache } from '@lingpai/cache-redis'
import { sqliteCache } from '@lingpai/cache-sqlite'
import type { IAccessTokenCache } from '@lingpai/core'
import type { Scenario } from '../harness/scenario.js'
import { openSqlite } from '../harness/sqlite-driver.js'
import { hasRedis, startRedis } from '../harness/start-redis.js'
import { median } from '../harness/statistics.js'

/**
 * A read of a shared cache, in the time that the raw driver needs for the same row or file, in turn in one process. The record was
 * written some seconds before, as nearly always when records are read.
 */
export const sharedReads: Scenario = {
  name: 'shared-reads',
  contenders: ['Lingpai', 'keyv', 'cacheable'],
  leftOut: {},
  measures: {
    file: { unit: 'ratio', better: 'lower' },
    sqlite: { unit: 'ratio', better: 'lower' },
    redis: { unit: 'ratio', better: 'lower' },
    'redis-50-at-once': { unit: 'ratio', better: 'lower' },
  },
  quick: { rounds: 5, pairs: 21, reads: 100, standingMs: 2000 },
  full: { rounds: 5, pairs: 101, reads: 100, standingMs: 4000 },
  run: async (name, sizes) => {
    const directory = await mkdtemp(join(tmpdir(), 'lingpai-benchmark-'))
    const figures: Record<string, number> = {}
    try {
      if (name === 'Lingpai') figures['file'] = await compare(await file(join(directory, 'files')), sizes, 1)
      if (name !== 'cacheable') figures['sqlite'] = await compare(await sqlite(name, directory), sizes, 1)
      if (hasRedis()) Object.assign(figures, await compareRedis(name, sizes))
    } finally {
      await rm(directory, { recursive: true })
    }
    return figures
  },
}

const key = 'lingpai:1:wechat-mp:token:api.weixin.qq.com:wx0123456789abcdef:5d41402abc4b2a76'
const value = JSON.stringify({ access_token: 'x'.repeat(150), generation: 7, expired_time: 1_900_000_000_000 })

interface Contest {
  readonly raw: () => Promise<unknown>
  readonly read: () => Promise<unknown>
  readonly close: () => Promise<unknown>
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

async function file(directory: string): Promise<Contest> {
  const cache = fileCache({ directory })
  await cache.set(key, value)
  const path = join(directory, sha256(key), '1.json')
  return {
    raw: async () => JSON.parse(await readFile(path, 'utf8')) as unknown,
    read: async () => cache.get(key),
    close: async () => cache.close?.(),
  }
}

async function sqlite(name: string, directory: string): Promise<Contest> {
  const path = join(directory, `${name}.db`)
  const { read, close } = name === 'keyv' ? await keyvSqlite(path) : await cacheReader(sqliteCache({ path }))
  const database = await openSqlite(path)
  const table = name === 'keyv' ? 'keyv' : 'lingpai'
  const [row] = await database.all<{ readonly key: string }>(`SELECT key FROM ${table} WHERE key LIKE ?`, [
    name === 'keyv' ? `%${key}` : `%${sha256(key)}`,
  ])
  if (row === undefined) throw new TypeError(`${name}: no row was written`)
  return {
    raw: () => database.all(`SELECT value FROM ${table} WHERE key = ?`, [row.key]),
    read,
    close: async () => {
      await close()
      await database.close()
    },
  }
}

interface Reader {
  readonly read: () => Promise<unknown>
  readonly close: () => Promise<unknown>
}

async function cacheReader(cache: IAccessTokenCache): Promise<Reader> {
  await cache.set(key, value)
  return { read: async () => cache.get(key), close: async () => cache.close?.() }
}

async function keyvSqlite(path: string): Promise<Reader> {
  const { default: Keyv } = await import('keyv')
  const { KeyvSqlite } = await import('@keyv/sqlite')
  return keyvReader(new Keyv({ store: new KeyvSqlite({ uri: `sqlite://${path}` }) }))
}

async function keyvReader(cache: {
  set(name: string, text: string): Promise<unknown>
  get(name: string): Promise<unknown>
  disconnect(): Promise<unknown>
}): Promise<Reader> {
  await cache.set(key, value)
  return { read: () => cache.get(key), close: () => cache.disconnect() }
}

async function redisReader(name: string, url: string): Promise<Reader> {
  if (name === 'Lingpai') return cacheReader(redisCache({ url }))
  const store = new KeyvRedis(url)
  if (name === 'keyv') return keyvReader(new (await import('keyv')).default({ store, useKeyPrefix: false }))
  const { Cacheable } = await import('cacheable')
  const { Keyv } = await import('keyv')
  // Only the shared layer, or the second read would not leave the process.
  return keyvReader(new Cacheable({ primary: new Keyv({ store, useKeyPrefix: false }) }))
}

async function compareRedis(name: string, sizes: Readonly<Record<string, number>>): Promise<Record<string, number>> {
  const server = await startRedis()
  const client = createClient({ url: server.url })
  await client.connect()
  const { read, close } = await redisReader(name, server.url)
  const [storedKey = ''] = await client.keys('*')
  const contest = { raw: () => client.get(storedKey), read, close: async () => undefined }
  const figures = {
    redis: await compare(contest, sizes, 1),
    'redis-50-at-once': await compare(contest, { ...sizes, reads: 1000, standingMs: 0 }, 50),
  }
  await close()
  client.destroy()
  server.stop()
  return figures
}

async function compare(
  { raw, read, close }: Contest,
  { pairs = 0, reads = 0, standingMs = 0 }: Readonly<Record<string, number>>,
  inFlight: number,
): Promise<number> {
  if ((await read()) !== value || (await raw()) === undefined) throw new TypeError('a read returned something else')
  await new Promise((resolve) => setTimeout(resolve, standingMs))
  const ratios: number[] = []
  for (let pair = 0; pair < pairs + 5; pair += 1) {
    const isRawFirst = pair % 2 === 0
    const first = await timeOf(isRawFirst ? raw : read, reads, inFlight)
    const second = await timeOf(isRawFirst ? read : raw, reads, inFlight)
    if (pair >= 5) ratios.push(isRawFirst ? second / first : first / second)
  }
  await close()
  return median(ratios)
}

async function timeOf(read: () => Promise<unknown>, reads: number, inFlight: number): Promise<number> {
  const startedAt = performance.now()
  const lane = async (): Promise<void> => {
    for (let call = 0; call < reads / inFlight; call += 1) await read()
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  return performance.now() - startedAt
}
