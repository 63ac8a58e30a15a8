import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFromUrl } from '@lingpai/cache-from-url'
import type { ConfigError, IAccessTokenCache } from '@lingpai/core'

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'lingpai-url-')))
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

async function keeps(cache: IAccessTokenCache): Promise<boolean> {
  await cache.set('lingpai:test', 'value')
  const found = await cache.get('lingpai:test')
  await cache.remove('lingpai:test')
  return found === 'value'
}

async function errorOf(...args: Parameters<typeof cacheFromUrl>): Promise<ConfigError> {
  return cacheFromUrl(...args).then(
    () => {
      throw new RangeError('nothing was thrown')
    },
    (error: unknown) => error as ConfigError,
  )
}

test('memory: is a cache of this process', async () => {
  const cache = await cacheFromUrl('memory:')
  expect(cache.reach).toBe('process')
  expect(await keeps(cache)).toBe(true)
})

test('memory: accepts its size', async () => {
  const cache = await cacheFromUrl('memory:?maxEntries=1')
  await cache.set('a', '1')
  await cache.set('b', '2')
  expect([await cache.get('a'), await cache.get('b')]).toEqual([undefined, '2'])
})

test.each(['memory:?maxEntries=many', 'memory:?maxEntries=0', 'memory:?size=3', 'memory:here'])(
  'the malformed URL %s is rejected',
  async (url) => {
    expect(await errorOf(url)).toMatchObject({ code: 'ERR_LINGPAI_CONFIG' })
  },
)

/** SQLite is left out if its driver is missing, which `jest.config.ts` reports. */
const ofDriver = (url: string): boolean =>
  !url.startsWith('sqlite:') || process.env['LINGPAI_TEST_SQLITE'] !== 'missing'

test.each(
  [
    ['file:tokens', 'host'] as const,
    ['FILE:~/tokens', 'host'] as const,
    [`file:${directory}/tokens`, 'host'] as const,
    [`file://${directory}/tokens%20of%20all`, 'host'] as const,
    ['sqlite:tokens.db', 'host'] as const,
    ['sqlite:~/deep/tokens.db', 'host'] as const,
    [`sqlite://${directory}/of all.db`, 'host'] as const,
  ].filter(([url]) => ofDriver(url)),
)('a cache opened by %s stores what is written', async (url, reach) => {
  const cache = await cacheFromUrl(url, { cwd: directory, home: directory })
  expect(cache.reach).toBe(reach)
  expect(await keeps(cache)).toBe(true)
  await cache.close?.()
})

test('a relative path is relative to cwd, so that two caches of one path share it', async () => {
  const pairs = [
    ['file:shared', `file:${directory}/shared`] as const,
    ['sqlite:shared.db', `sqlite:${directory}/shared.db`] as const,
  ]
  for (const [relative, absolute] of pairs.filter(([url]) => ofDriver(url))) {
    const one = await cacheFromUrl(relative, { cwd: directory })
    const other = await cacheFromUrl(absolute)
    await one.set('lingpai:shared', relative)
    expect(await other.get('lingpai:shared')).toBe(relative)
    await one.close?.()
    await other.close?.()
  }
})

test.each([
  'file:',
  'sqlite:',
  'file://host/path',
  'file:///',
  'sqlite:tokens.db?mode=ro',
  'file:///a?b',
  'sqlite::memory:',
])('the path URL %s is rejected', async (url) => {
  expect(await errorOf(url)).toMatchObject({ code: 'ERR_LINGPAI_CONFIG' })
})

test.each([
  'redis://127.0.0.1:1',
  'rediss://127.0.0.1:1/0',
  'REDIS://127.0.0.1:1',
  'redis+cluster://127.0.0.1:1,127.0.0.1:2',
  'redis+sentinel://127.0.0.1:1,127.0.0.1:2/main/1',
  'rediss+cluster://127.0.0.1:1',
  'rediss+sentinel://127.0.0.1:1/main',
])('%s is a cache of the fleet, opened without waiting for the server', async (url) => {
  const cache = await cacheFromUrl(url, { username: 'user', password: 'a/b@c' })
  expect(cache.reach).toBe('fleet')
  await expect(Promise.resolve(cache.get('key'))).rejects.toMatchObject({
    message: expect.not.stringContaining('a/b@c') as string,
  })
  await cache.close?.()
})

test('the error of an unknown scheme lists the known ones', async () => {
  const error = await errorOf('mongodb://user:hunter2hunter2@host')
  expect(error).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field: 'cache', problem: 'unknown' } })
  expect(error.message).toContain('mongodb:')
  for (const scheme of ['memory:', 'file:', 'sqlite:', 'redis:', 'rediss:', 'redis+cluster:', 'redis+sentinel:'])
    expect(error.hint).toContain(scheme)
})

test.each([undefined, null, 7, '', ' ', 'tokens', '/var/cache', 'constructor:', '__proto__:x'])(
  'the value %p is not a cache URL',
  async (url) => {
    expect(await errorOf(url as string)).toMatchObject({ code: 'ERR_LINGPAI_CONFIG', details: { field: 'cache' } })
  },
)

test('error messages contain no password', async () => {
  const password = 'hunter2hunter2'
  for (const url of [
    `mongodb://user:${password}@host`,
    `redis://user:${password}@host/no-number`,
    `redis://user:${password}@host?db=1`,
    `redis://user:${password}%zz@host`,
    `redis://user:${password}#/@host`,
    `redis+sentinel://user:${password}@host`,
    `file://user:${password}@host/x`,
    `file:x?password=${password}`,
    `memory:${password}`,
  ]) {
    const { message, hint = '', stack = '' } = await errorOf(url)
    expect(`${message} ${hint} ${stack}`).not.toContain(password)
  }
})

test('user and password are accepted for Redis only', async () => {
  expect(await errorOf('memory:', { password: 'hunter2hunter2' })).toMatchObject({ code: 'ERR_LINGPAI_CONFIG' })
  expect(await errorOf('file:x', { username: 'me' })).toMatchObject({ code: 'ERR_LINGPAI_CONFIG' })
})

test.each(['file:~bob/tokens', 'sqlite:~bob/tokens.db'])(
  'the path %s in the home of another user is rejected',
  async (url) => {
    await expect(cacheFromUrl(url)).rejects.toThrow(/must not begin with the home of another user/)
  },
)
