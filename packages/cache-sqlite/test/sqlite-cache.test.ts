import { homedir } from 'node:os'
import { readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { KeyvSqlite } from '@keyv/sqlite'
import { decodeEntry, encodeEntry, entryKey } from '@lingpai/cache-keyv'
import { sqliteCache } from '@lingpai/cache-sqlite'
import type { CacheLease, IAccessTokenCache } from '@lingpai/core'
import { loadDriver } from '../src/driver.js'
import { openConnection } from '../src/open-connection.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'
import { onPosix } from '../../testing/test/support/where-possible.js'

const temporaryDirectory = temporaryDirectories()
const key = 'lingpai:1:wechat-mp:app:https%3A%2F%2Fapi.weixin.qq.com:wx1:5d41'
const closed = expect.objectContaining({ code: 'ERR_LINGPAI_CLOSED' })

test('sqliteCache() reaches the host and has only the members of the contract', async () => {
  const cache = sqliteCache({ path: join(await temporaryDirectory(), 'tokens.db') })
  expect(cache.reach).toBe('host')
  expect(Object.keys(cache).sort()).toEqual(['close', 'get', 'lease', 'reach', 'ready', 'remove', 'set', 'subscribe'])
  expect(Object.keys(leaseOf(cache)).sort()).toEqual(['commit', 'release', 'take'])
})

test.each([
  [{}, 'path', 'missing'],
  [{ path: '' }, 'path', 'empty'],
  [{ path: 5 }, 'path', 'malformed'],
  [{ path: 'a\0b' }, 'path', 'malformed'],
  [{ path: ':memory:' }, 'path', 'malformed'],
  [{ path: 'sqlite:///tmp/a.db' }, 'path', 'malformed'],
  [{ path: 'a.db', busyTimeoutMs: -1 }, 'busyTimeoutMs', 'malformed'],
  [{ path: 'a.db', busyTimeoutMs: Number.NaN }, 'busyTimeoutMs', 'malformed'],
])('the options %p are a ConfigError', (options, field, problem) => {
  expect(() => sqliteCache(options as { path: string })).toThrow(
    expect.objectContaining({ code: 'ERR_LINGPAI_CONFIG', details: { field, problem } }),
  )
})

test.each([
  ['ERR_MODULE_NOT_FOUND', /@keyv\/sqlite is not installed: npm install @keyv\/sqlite/],
  ['ERR_DLOPEN_FAILED', /native driver of @keyv\/sqlite does not load: npm rebuild sqlite3/],
])('a driver that fails with %s is a ConfigError of one line that says how to fix it', async (code, message) => {
  const failing = () => Promise.reject(Object.assign(new Error('a page of\nrequire stacks'), { code }))
  const error = await loadDriver(failing).catch((caught: unknown) => caught)
  expect(error).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { problem: 'missing' } })
  expect(String(error)).toMatch(message)
  expect(String(error)).not.toContain('\n')
})

test('sqliteCache() touches no file before the first call', async () => {
  const directory = await temporaryDirectory()
  const cache = sqliteCache({ path: join(directory, 'below', 'tokens.db') })
  expect(await readdir(directory)).toEqual([])
  await cache.close?.()
  expect(await readdir(directory)).toEqual([])
})

test('a relative path is resolved when the cache is created', async () => {
  const directory = await temporaryDirectory()
  const elsewhere = await temporaryDirectory()
  const before = process.cwd()
  const cache = sqliteCache({ path: relative(before, join(directory, 'tokens.db')) })
  process.chdir(elsewhere)
  try {
    await cache.set(key, 'one')
  } finally {
    process.chdir(before)
  }
  expect(await readdir(directory)).toContain('tokens.db')
  await cache.close?.()
})

for (const mask of [0, 0o022, 0o077, 0o277]) {
  onPosix(`the database is readable only by its user with the umask ${mask.toString(8)}`, async () => {
    const directory = await temporaryDirectory()
    const before = process.umask(mask)
    const path = join(directory, 'made', 'cache', 'tokens.db')
    const cache = sqliteCache({ path })
    try {
      await cache.set(key, 'one')
      await cache.lease?.take(key, 'a', 1000)
    } finally {
      process.umask(before)
    }
    const modes = await Promise.all(
      ['', '-wal', '-shm'].map(async (suffix) => ((await stat(path + suffix)).mode & 0o777).toString(8)),
    )
    expect(modes).toEqual(['600', '600', '600'])
    for (const parent of ['..', '../..']) expect((await stat(join(path, parent))).mode & 0o777).toBe(0o700)
    await cache.close?.()
  })
}

onPosix('a database of this user that others can read is restricted', async () => {
  const path = join(await temporaryDirectory(), 'tokens.db')
  const before = process.umask(0o022)
  const foreign = new KeyvSqlite(`sqlite://${path}`)
  await foreign.query('SELECT 1')
  process.umask(before)
  expect((await stat(path)).mode & 0o777).toBe(0o644)
  const cache = sqliteCache({ path })
  await cache.set(key, 'one')
  for (const suffix of ['', '-wal', '-shm']) expect((await stat(path + suffix)).mode & 0o777).toBe(0o600)
  await Promise.all([cache.close?.(), foreign.disconnect()])
})

test('records are stored in the table of Keyv, and other tables of the database stay', async () => {
  const path = join(await temporaryDirectory(), 'tokens.db')
  const store = new KeyvSqlite({ uri: `sqlite://${path}`, table: 'lingpai' })
  await store.query('CREATE TABLE mine (thing TEXT)')
  await store.query("INSERT INTO mine VALUES ('one')")
  const cache = sqliteCache({ path })
  await cache.set(key, 'value', 9_000_000_000_000)
  expect(decodeEntry(key, String(await store.get(entryKey(key))))).toEqual({
    value: 'value',
    expiresAtMs: 9_000_000_000_000,
  })
  await store.set(entryKey(key), encodeEntry(key, { value: 'written by Keyv' }))
  expect(await cache.get(key)).toBe('written by Keyv')
  expect(await store.query('SELECT * FROM mine')).toEqual([{ thing: 'one' }])
  await Promise.all([cache.close?.(), store.disconnect()])
})

test('writes are flushed through a log that readers do not wait for', async () => {
  const path = join(await temporaryDirectory(), 'tokens.db')
  const cache = sqliteCache({ path })
  await cache.set(key, 'one')
  const writer = new KeyvSqlite(`sqlite://${path}`)
  expect(await writer.query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }])
  await writer.query('BEGIN IMMEDIATE')
  expect(await cache.get(key)).toBe('one')
  await writer.query('ROLLBACK')
  await Promise.all([cache.close?.(), writer.disconnect()])
})

test('an open database flushes each commit, which the schema does not need', async () => {
  const path = join(await temporaryDirectory(), 'tokens.db')
  const { store } = await openConnection({ path, openTimeoutMs: 800, queryTimeoutMs: 50, now: Date.now })
  const full = 2
  expect(await store.query('PRAGMA synchronous')).toEqual([{ synchronous: full }])
  await store.close()
})

test('a dead holder does not block others after the clock was set back', async () => {
  const path = join(await temporaryDirectory(), 'tokens.db')
  let nowMs = 1_800_000_000_000
  const cache = sqliteCache({ path, clock: { now: () => nowMs } })
  expect(await leaseOf(cache).take(key, 'dead', 2000)).toBe(true)
  nowMs -= 3_600_000
  expect(await leaseOf(cache).take(key, 'next', 2000)).toBe(true)
  expect(await leaseOf(cache).commit(key, 'dead', 'stale')).toBe(false)
  await cache.close?.()
})

test('leases without a given clock expire by the clock of SQLite, which is that of the host', async () => {
  const path = join(await temporaryDirectory(), 'tokens.db')
  const cache = sqliteCache({ path })
  expect(await leaseOf(cache).take(key, 'a', 60_000)).toBe(true)
  const aheadMs = sqliteCache({ path, clock: { now: () => Date.now() + 55_000 } })
  expect(await leaseOf(aheadMs).take(key, 'b', 60_000)).toBe(false)
  const later = sqliteCache({ path, clock: { now: () => Date.now() + 60_001 } })
  expect(await leaseOf(later).take(key, 'b', 60_000)).toBe(true)
  await Promise.all([cache.close?.(), aheadMs.close?.(), later.close?.()])
})

test('an expired lease that no other process took still commits', async () => {
  let nowMs = 1_800_000_000_000
  const cache = sqliteCache({ path: join(await temporaryDirectory(), 'tokens.db'), clock: { now: () => nowMs } })
  await leaseOf(cache).take(key, 'slow', 2000)
  nowMs += 60_000
  expect(await leaseOf(cache).commit(key, 'slow', 'one', Infinity)).toBe(true)
  expect(await cache.get(key)).toBe('one')
  await cache.close?.()
})

test.each([0, -1, Number.NaN, Infinity])('a lease of %p ms is a ConfigError', async (ttlMs) => {
  const cache = sqliteCache({ path: join(await temporaryDirectory(), 'tokens.db') })
  await expect(leaseOf(cache).take(key, 'a', ttlMs)).rejects.toMatchObject({ details: { field: 'ttlMs' } })
})

test('removing a value does not end a held lease, and a rejected commit leaves no trace', async () => {
  const path = join(await temporaryDirectory(), 'tokens.db')
  const cache = sqliteCache({ path })
  await cache.set(key, 'one')
  await leaseOf(cache).take(key, 'a', 5000)
  await cache.remove(key)
  expect(await leaseOf(cache).take(key, 'b', 5000)).toBe(false)
  await expect(leaseOf(cache).commit(key, 'a', 'two', Number.NaN)).rejects.toMatchObject({
    details: { field: 'expiresAtMs' },
  })
  expect(await leaseOf(cache).commit(key, 'b', 'two')).toBe(false)
  expect(await cache.get(key)).toBeUndefined()
  expect(await leaseOf(cache).commit(key, 'a', 'three')).toBe(true)
  await cache.close?.()
})

test('values of 64 Ki characters of any script and the oddest keys are stored', async () => {
  const cache = sqliteCache({ path: join(await temporaryDirectory(), 'tokens.db') })
  for (const odd of ['', '\0', '令牌', '%', '_', "'", 'k'.repeat(100_000)]) {
    const value = `${odd}\0"令`.repeat(10).slice(0, 1000) + '令'.repeat(64 * 1024)
    await leaseOf(cache).take(odd, "h'", 1000)
    expect(await leaseOf(cache).commit(odd, "h'", value)).toBe(true)
    expect(await cache.get(odd)).toBe(value)
  }
  await cache.close?.()
})

test('closing lets writes finish and closes the file, and later calls reject with a ClosedError', async () => {
  const directory = await temporaryDirectory()
  const path = join(directory, 'tokens.db')
  const cache = sqliteCache({ path })
  const lease = leaseOf(cache)
  const writing = cache.set(key, 'one')
  await cache.close?.()
  await writing
  // SQLite removes them when the last connection closes.
  expect(await readdir(directory)).toEqual(['tokens.db'])
  await expect(cache.get(key)).rejects.toEqual(closed)
  await expect(cache.set(key, 'two')).rejects.toEqual(closed)
  await expect(cache.remove(key)).rejects.toEqual(closed)
  await expect(lease.take(key, 'a', 1000)).rejects.toEqual(closed)
  await expect(lease.commit(key, 'a', 'two')).rejects.toEqual(closed)
  await expect(lease.release(key, 'a')).rejects.toEqual(closed)
  expect(await readdir(directory)).toEqual(['tokens.db'])
})

function leaseOf({ lease }: IAccessTokenCache): CacheLease {
  if (lease === undefined) throw new TypeError('no lease')
  return lease
}

test('a path that begins with ~ is below the home directory, and the home of another user is rejected', async () => {
  const directory = await temporaryDirectory()
  const cache = sqliteCache({ path: `~/${relative(homedir(), directory)}/tokens.db` })
  await cache.set(key, 'one')
  await cache.close?.()
  expect(await readdir(directory)).toContain('tokens.db')
  expect(() => sqliteCache({ path: '~bob/tokens.db' })).toThrow(/"path" must not begin with the home of another user/)
})
