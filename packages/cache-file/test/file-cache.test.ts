import { homedir } from 'node:os'
import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileCache } from '@lingpai/cache-file'
import type { CacheLease, IAccessTokenCache } from '@lingpai/core'
import { nameOfKey } from '../src/state.js'
import { entriesIn } from './entries-in.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'

const temporaryDirectory = temporaryDirectories()
const key = 'lingpai:1:wechat-mp:app:https%3A%2F%2Fapi.weixin.qq.com:wx1:5d41'
const closed = expect.objectContaining({ code: 'ERR_LINGPAI_CLOSED' })

test('fileCache() reaches the host and has only the members of the contract', async () => {
  const cache = fileCache({ directory: await temporaryDirectory() })
  expect(cache.reach).toBe('host')
  expect(Object.keys(cache).sort()).toEqual(['close', 'get', 'lease', 'reach', 'ready', 'remove', 'set', 'subscribe'])
  expect(Object.keys(leaseOf(cache)).sort()).toEqual(['commit', 'release', 'take'])
})

test.each([
  [{}, 'missing'],
  [{ directory: undefined }, 'missing'],
  [{ directory: '' }, 'empty'],
  [{ directory: 5 }, 'malformed'],
  [{ directory: 'a\0b' }, 'malformed'],
])('the options %p are a ConfigError that names the directory', (options, problem) => {
  expect(() => fileCache(options as { directory: string })).toThrow(
    expect.objectContaining({ code: 'ERR_LINGPAI_CONFIG', details: { field: 'directory', problem } }),
  )
})

test('fileCache() touches no file before the first write', async () => {
  const directory = join(await temporaryDirectory(), 'cache')
  const cache = fileCache({ directory })
  expect(await cache.get(key)).toBeUndefined()
  await cache.remove(key)
  await leaseOf(cache).release(key, 'a')
  await expect(readdir(directory)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a relative directory is resolved when the cache is created', async () => {
  const directory = join(await temporaryDirectory(), 'cache')
  const elsewhere = await temporaryDirectory()
  const before = process.cwd()
  const cache = fileCache({ directory: relative(before, directory) })
  process.chdir(elsewhere)
  try {
    await cache.set(key, 'one')
  } finally {
    process.chdir(before)
  }
  expect(await entriesIn(directory)).toEqual([nameOfKey(key)])
})

test('a directory that begins with ~ is below the home directory, and the home of another user is rejected', async () => {
  const directory = join(await temporaryDirectory(), 'cache')
  await fileCache({ directory: `~/${relative(homedir(), directory)}` }).set(key, 'one')
  expect(await entriesIn(directory)).toEqual([nameOfKey(key)])
  expect(() => fileCache({ directory: '~bob/tokens' })).toThrow(
    /"directory" must not begin with the home of another user/,
  )
})

test.each([
  ['../../../outside'],
  ['..'],
  [''],
  ['a\0b'],
  ['/etc/passwd'],
  ['C:\\con'],
  ['🀄 令牌'],
  ['\ud800'],
  ['k'.repeat(1024 * 1024)],
])('a hostile key cannot escape from the directory', async (hostile) => {
  const root = await temporaryDirectory()
  const directory = join(root, 'cache')
  const cache = fileCache({ directory })
  await cache.set(hostile, 'one')
  expect(await leaseOf(cache).take(hostile, 'a', 1000)).toBe(true)
  expect(await leaseOf(cache).commit(hostile, 'a', 'two')).toBe(true)
  expect(await cache.get(hostile)).toBe('two')
  expect(await readdir(root)).toEqual(['cache'])
  expect(await entriesIn(directory)).toEqual([nameOfKey(hostile)])
})

test('keys that differ only in broken surrogates never share a value', async () => {
  const cache = fileCache({ directory: await temporaryDirectory() })
  await cache.set('\ud800', 'one')
  expect(await cache.get('\ud801')).toBeUndefined()
})

test('a state file is one readable line of JSON', async () => {
  const directory = await temporaryDirectory()
  await fileCache({ directory }).set(key, 'value', 1_900_000_000_000)
  const text = await readFile(join(directory, nameOfKey(key), '1.json'), 'utf8')
  expect(JSON.parse(text)).toEqual({
    format: 1,
    key,
    writeId: expect.any(String),
    value: 'value',
    expiresAtMs: 1_900_000_000_000,
    checksum: expect.any(String),
  })
})

test('values of 64 Ki characters of any script are stored, and a lease still fits', async () => {
  const cache = fileCache({ directory: await temporaryDirectory() })
  for (const character of ['x', '令', '"', '\n']) {
    const value = character.repeat(64 * 1024)
    await cache.set('k'.repeat(1024), value)
    expect(await leaseOf(cache).take('k'.repeat(1024), 'h'.repeat(100), 1000)).toBe(true)
    expect(await cache.get('k'.repeat(1024))).toBe(value)
  }
})

test('a value that is too long to be read again is rejected, and the old one stays', async () => {
  const cache = fileCache({ directory: await temporaryDirectory() })
  await cache.set(key, 'one')
  await leaseOf(cache).take(key, 'a', 1000)
  const long = 'x'.repeat(300_000)
  const refused = { code: 'ERR_LINGPAI_CONFIG', details: { field: 'value', problem: 'malformed' } }
  await expect(cache.set(key, long)).rejects.toMatchObject(refused)
  await expect(leaseOf(cache).commit(key, 'a', long)).rejects.toMatchObject(refused)
  await expect(cache.set(key, 5 as unknown as string)).rejects.toMatchObject(refused)
  expect(await cache.get(key)).toBe('one')
})

test('an expiry of Infinity never expires, and NaN is rejected', async () => {
  const cache = fileCache({ directory: await temporaryDirectory() })
  await cache.set(key, 'one', Infinity)
  expect(await cache.get(key)).toBe('one')
  for (const expiresAtMs of [Number.NaN, -Infinity]) {
    await expect(cache.set(key, 'two', expiresAtMs)).rejects.toMatchObject({ details: { field: 'expiresAtMs' } })
  }
  expect(await cache.get(key)).toBe('one')
})

test.each([0, -1, Number.NaN, Infinity])('a lease of %p ms is a ConfigError', async (ttlMs) => {
  const lease = leaseOf(fileCache({ directory: await temporaryDirectory() }))
  await expect(lease.take(key, 'a', ttlMs)).rejects.toMatchObject({ details: { field: 'ttlMs' } })
})

test('a dead holder does not block others after the clock was set back', async () => {
  const directory = await temporaryDirectory()
  let nowMs = 1_800_000_000_000
  const lease = leaseOf(fileCache({ directory, clock: { now: () => nowMs } }))
  expect(await lease.take(key, 'dead', 2000)).toBe(true)
  nowMs -= 3_600_000
  expect(await lease.take(key, 'next', 2000)).toBe(true)
  expect(await lease.commit(key, 'dead', 'stale')).toBe(false)
})

test('an expired lease that no other process took still commits', async () => {
  let nowMs = 1_800_000_000_000
  const cache = fileCache({ directory: await temporaryDirectory(), clock: { now: () => nowMs } })
  await leaseOf(cache).take(key, 'slow', 2000)
  nowMs += 60_000
  expect(await leaseOf(cache).commit(key, 'slow', 'one')).toBe(true)
  expect(await cache.get(key)).toBe('one')
})

test('a removed value is no longer on the disk, damaged or not', async () => {
  const directory = await temporaryDirectory()
  const cache = fileCache({ directory })
  const entry = join(directory, nameOfKey(key))
  const textBelow = async (): Promise<string> =>
    (await Promise.all((await readdir(entry)).map((name) => readFile(join(entry, name), 'utf8')))).join('')
  await cache.set(key, 'token-1')
  await cache.set(key, 'token-2')
  await cache.remove(key)
  expect(await textBelow()).not.toContain('token')
  await cache.set(key, 'token-3')
  await appendFile(join(entry, '4.json'), 'damage')
  await cache.remove(key)
  expect(await textBelow()).not.toContain('token')
})

test('removing a value does not end a held lease', async () => {
  const cache = fileCache({ directory: await temporaryDirectory() })
  await cache.set(key, 'one')
  await leaseOf(cache).take(key, 'a', 5000)
  await cache.remove(key)
  expect(await leaseOf(cache).take(key, 'b', 5000)).toBe(false)
  expect(await leaseOf(cache).commit(key, 'a', 'two')).toBe(true)
})

test('a directory that is removed while in use is created again', async () => {
  const directory = join(await temporaryDirectory(), 'a', 'b')
  const cache = fileCache({ directory })
  await cache.set(key, 'one')
  await rm(join(directory, '..'), { recursive: true })
  expect(await cache.get(key)).toBeUndefined()
  await cache.set(key, 'two')
  expect(await cache.get(key)).toBe('two')
})

test('closing lets writes finish, and later calls reject with a ClosedError', async () => {
  const directory = await temporaryDirectory()
  const cache = fileCache({ directory })
  const lease = leaseOf(cache)
  const writing = cache.set(key, 'one')
  await cache.close?.()
  await rm(directory, { recursive: true })
  await mkdir(directory)
  await writing
  expect(await readdir(directory)).toEqual([])
  await expect(cache.get(key)).rejects.toEqual(closed)
  await expect(cache.set(key, 'two')).rejects.toEqual(closed)
  await expect(cache.remove(key)).rejects.toEqual(closed)
  await expect(lease.take(key, 'a', 1000)).rejects.toEqual(closed)
  await expect(lease.commit(key, 'a', 'two')).rejects.toEqual(closed)
  await expect(lease.release(key, 'a')).rejects.toEqual(closed)
  expect(await readdir(directory)).toEqual([])
})

function leaseOf({ lease }: IAccessTokenCache): CacheLease {
  if (lease === undefined) throw new TypeError('no lease')
  return lease
}
