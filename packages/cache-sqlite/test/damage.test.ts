import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { KeyvSqlite } from '@keyv/sqlite'
import { sqliteCache } from '@lingpai/cache-sqlite'
import type { IAccessTokenCache } from '@lingpai/core'
import { database } from '../src/database.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'

const temporaryDirectory = temporaryDirectories()
const key = 'lingpai:1:wechat-mp:app:https%3A%2F%2Fapi.weixin.qq.com:wx1:5d41'
const opened: IAccessTokenCache[] = []
afterEach(async () => {
  for (const cache of opened.splice(0)) await cache.close?.()
})

function openCache(path: string, onDamaged?: (movedTo: string) => void): IAccessTokenCache {
  const cache = sqliteCache({ path, busyTimeoutMs: 200, ...(onDamaged && { onDamaged }) })
  opened.push(cache)
  return cache
}

async function freshPath(): Promise<string> {
  return join(await temporaryDirectory(), 'tokens.db')
}

/** Reads, writes, leases and commits, through both. */
async function expectWorking(...caches: readonly IAccessTokenCache[]): Promise<void> {
  for (const [index, cache] of caches.entries()) {
    await cache.set(key, `set ${String(index)}`)
    for (const other of caches) expect(await other.get(key)).toBe(`set ${String(index)}`)
    expect(await cache.lease?.take(key, 'a', 5000)).toBe(true)
    for (const other of caches) expect(await other.lease?.take(key, 'b', 5000)).toBe(false)
    expect(await cache.lease?.commit(key, 'a', `committed ${String(index)}`)).toBe(true)
    for (const other of caches) expect(await other.get(key)).toBe(`committed ${String(index)}`)
  }
}

const garbage = Buffer.from('this is not a database but a text.  '.repeat(1000))

test.each([
  ['text', garbage],
  ['zeros', Buffer.alloc(20_000)],
  ['a header with nothing behind it', Buffer.from('SQLite format 3\0')],
  ['half a page', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(2000, 7)])],
])('a file that contains %s is moved aside and replaced', async (_, content) => {
  const path = await freshPath()
  await writeFile(path, content)
  const told: string[] = []
  await expectWorking(
    openCache(path, (movedTo) => told.push(movedTo)),
    openCache(path),
  )
  expect(told).toHaveLength(1)
  expect(told[0]?.startsWith(`${path}.damaged-`)).toBe(true)
  expect((await readFile(told[0] ?? '')).equals(content)).toBe(true)
})

test('an empty file is accepted as a database', async () => {
  const path = await freshPath()
  await writeFile(path, '')
  await expectWorking(openCache(path), openCache(path))
  expect(await damagedBeside(path)).toEqual([])
})

test('a database with damaged pages is moved aside when it is opened', async () => {
  const path = await filledDatabase()
  const bytes = await readFile(path)
  bytes.fill(0xa5, 4096, 12_288)
  await writeFile(path, bytes)
  await expectWorking(openCache(path), openCache(path))
  expect(await damagedBeside(path)).toHaveLength(1)
})

test('damage in an unread page is found when the database is opened', async () => {
  const path = await filledDatabase()
  const bytes = await readFile(path)
  await writeFile(path, bytes.fill(0xa5, bytes.length - 4096))
  expect(await openCache(path).get('key 0')).toBeUndefined()
  expect(await damagedBeside(path)).toHaveLength(1)
})

test('a statement that ran on a deleted file runs again on the next one', async () => {
  const path = await freshPath()
  const db = database({ path, busyTimeoutMs: 200, now: Date.now, onDamaged: () => undefined })
  let runs = 0
  const answer = await db.run(async (store) => {
    await store.set('a', String(++runs))
    if (runs === 1) await rm(path)
    return runs
  })
  expect(answer).toBe(2)
  expect(await db.run(async (store) => store.get('a'))).toBe('2')
  await db.close()
})

test('a file that is deleted repeatedly is a failure after some rounds', async () => {
  const path = await freshPath()
  const db = database({ path, busyTimeoutMs: 200, now: Date.now, onDamaged: () => undefined })
  await expect(db.run(async () => rm(path))).rejects.toMatchObject({ code: 'ERR_LINGPAI_CACHE' })
  expect(await db.run(async (store) => store.get('a'))).toBeUndefined()
  await db.close()
})

test('a truncated database is moved aside, whether it is in use or not', async () => {
  for (const isOpen of [false, true]) {
    for (const length of [100, 4096, 6000, 60_000]) {
      const path = await filledDatabase()
      const cache = openCache(path)
      const other = openCache(path)
      if (isOpen) for (const one of [cache, other]) expect(await one.get('key 7')).toBe('v'.repeat(3000))
      // A page in the log would hide the truncation from SQLite.
      if (isOpen) await other.set('key 99', 'in the log')
      await truncate(path, length)
      expect(await cache.get('key 7')).toBeUndefined()
      expect(await damagedBeside(path)).toHaveLength(1)
      await expectWorking(cache, other)
    }
  }
})

test('a database that is emptied in use is replaced, and its users share the new one', async () => {
  const path = await freshPath()
  const [first, second] = [openCache(path), openCache(path)]
  await expectWorking(first, second)
  await truncate(path, 0)
  await expectWorking(second, first)
})

test('a database that is overwritten with garbage in use is replaced', async () => {
  const path = await filledDatabase()
  const [first, second] = [openCache(path), openCache(path)]
  for (const cache of [first, second]) expect(await cache.get('key 1')).toBe('v'.repeat(3000))
  await writeFile(path, garbage)
  await expectWorking(first, second)
  await expectWorking(second, first, openCache(path))
})

test('a deleted file is noticed by the next call of every process, and all share the new one', async () => {
  for (const suffixes of [[''], ['', '-wal', '-shm'], ['', '-wal'], ['', '-shm']]) {
    const path = await freshPath()
    const [first, second] = [openCache(path), openCache(path)]
    await expectWorking(first, second)
    for (const suffix of suffixes) await rm(path + suffix)
    expect(await first.get(key)).toBeUndefined()
    await first.set(key, 'new')
    expect(await second.get(key)).toBe('new')
    await expectWorking(second, first)
    await expectWorking(openCache(path), first, second)
  }
})

test('a lease taken in a deleted file cannot commit', async () => {
  const path = await freshPath()
  const cache = openCache(path)
  expect(await cache.lease?.take(key, 'a', 5000)).toBe(true)
  await rm(path)
  expect(await cache.lease?.commit(key, 'a', 'one')).toBe(false)
  expect(await cache.get(key)).toBeUndefined()
})

test('a removed directory is created again', async () => {
  const directory = await temporaryDirectory()
  const path = join(directory, 'a', 'b', 'tokens.db')
  const cache = openCache(path)
  await cache.set(key, 'one')
  await rm(join(directory, 'a'), { recursive: true })
  await expectWorking(cache, openCache(path))
})

test('a file that is replaced by another database is followed', async () => {
  const [path, other] = [await freshPath(), await freshPath()]
  const cache = openCache(path)
  await cache.set(key, 'old')
  const second = sqliteCache({ path: other })
  await second.set(key, 'restored')
  await second.close?.()
  await rm(`${path}-wal`)
  await rm(`${path}-shm`)
  await rename(other, path)
  expect(await cache.get(key)).toBe('restored')
  await expectWorking(cache, openCache(path))
})

test('a link to a database is followed', async () => {
  const path = await filledDatabase()
  const linked = join(dirname(path), 'linked.db')
  await symlink('tokens.db', linked)
  expect(await openCache(linked).get('key 3')).toBe('v'.repeat(3000))
})

test('a directory instead of the file rejects, is left unchanged, and has no effect after its removal', async () => {
  const path = await freshPath()
  await mkdir(path)
  const cache = openCache(path)
  for (const call of [() => cache.get(key), () => cache.set(key, 'one'), () => cache.lease?.take(key, 'a', 1000)]) {
    await expect(call()).rejects.toMatchObject({ code: 'ERR_LINGPAI_CACHE' })
  }
  expect((await stat(path)).isDirectory()).toBe(true)
  await rmdir(path)
  await expectWorking(cache)
})

test('a file instead of the directory rejects, and has no effect after its removal', async () => {
  const directory = await temporaryDirectory()
  const path = join(directory, 'a', 'tokens.db')
  await writeFile(join(directory, 'a'), 'a file')
  const cache = openCache(path)
  await expect(cache.get(key)).rejects.toMatchObject({ code: 'ENOTDIR' })
  await expect(cache.set(key, 'one')).rejects.toMatchObject({ code: 'ENOTDIR' })
  await rm(join(directory, 'a'))
  await expectWorking(cache)
})

test('writes and reads behind an exclusive lock reject in time, and work again after it', async () => {
  const path = await freshPath()
  const cache = openCache(path)
  await cache.set(key, 'one')
  const other = new KeyvSqlite(`sqlite://${path}`)
  await other.query('BEGIN EXCLUSIVE')
  const startedAt = performance.now()
  await expect(cache.set(key, 'two')).rejects.toMatchObject({ code: 'SQLITE_BUSY' })
  await expect(cache.lease?.take(key, 'a', 1000)).rejects.toMatchObject({ code: 'SQLITE_BUSY' })
  const tookMs = performance.now() - startedAt
  expect(tookMs).toBeGreaterThan(350)
  expect(tookMs).toBeLessThan(2000)
  expect(await cache.get(key)).toBe('one')
  const writing = cache.set(key, 'three')
  const reading = Promise.all(Array.from({ length: 20 }, async () => cache.get(key)))
  expect(new Set(await reading)).toEqual(new Set(['one']))
  await other.query('ROLLBACK')
  await writing
  expect(await cache.get(key)).toBe('three')
  await other.disconnect()
})

test('a file that was locked when it was opened works later', async () => {
  const path = await freshPath()
  const other = new KeyvSqlite(`sqlite://${path}`)
  await other.query('BEGIN EXCLUSIVE')
  const cache = openCache(path)
  await expect(cache.get(key)).rejects.toMatchObject({ code: 'SQLITE_BUSY' })
  await other.query('ROLLBACK')
  await expectWorking(cache)
  await other.disconnect()
})

test('the lock of a process that died while replacing the file expires', async () => {
  const path = await freshPath()
  await writeFile(`${path}.exchange`, '')
  await utimes(`${path}.exchange`, new Date(), new Date(Date.now() - 60_000))
  await expectWorking(openCache(path))
  expect(await readdir(dirname(path))).not.toContain('tokens.db.exchange')
})

test('a cache that waits for the lock of the exchange goes on once there is a file', async () => {
  const path = await freshPath()
  const cache = openCache(path)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.exchange`, '')
  const found = cache.get(key)
  const isWaiting = async (): Promise<boolean> =>
    (await readdir(dirname(path))).some((name) => /exchange\../.test(name))
  while (!(await isWaiting()));
  await writeFile(path, '')
  expect(await found).toBeUndefined()
  expect(await readdir(dirname(path))).toContain('tokens.db.exchange')
})

test('many caches that find a damaged file at once create one new file', async () => {
  const path = await freshPath()
  await writeFile(path, garbage)
  const told: string[] = []
  const caches = Array.from({ length: 8 }, () => openCache(path, (movedTo) => told.push(movedTo)))
  await Promise.all(caches.map(async (cache, index) => cache.set(`key ${String(index)}`, 'one')))
  for (const cache of caches) {
    for (const index of caches.keys()) expect(await cache.get(`key ${String(index)}`)).toBe('one')
  }
  expect(told).toHaveLength(1)
})

test('an onDamaged listener that throws affects no call', async () => {
  const path = await freshPath()
  await writeFile(path, garbage)
  await expectWorking(
    openCache(path, () => {
      throw new Error('from the listener')
    }),
  )
})

async function damagedBeside(path: string): Promise<readonly string[]> {
  return (await readdir(dirname(path))).filter((name) => /\.damaged-\d+$/.test(name))
}

/** A database of some pages, all of them in the file itself. */
async function filledDatabase(): Promise<string> {
  const path = await freshPath()
  const cache = sqliteCache({ path })
  for (let index = 0; index < 20; index++) await cache.set(`key ${String(index)}`, 'v'.repeat(3000))
  await cache.close?.()
  const copy = `${path}.copy`
  await copyFile(path, copy)
  await rename(copy, path)
  return path
}
