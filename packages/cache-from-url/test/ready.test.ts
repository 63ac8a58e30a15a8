import { execFile } from 'node:child_process'
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { encryptedCache, generateKey } from '@lingpai/cache-encrypted'
import { cacheFromUrl } from '@lingpai/cache-from-url'
import type { CacheError, IAccessTokenCache } from '@lingpai/core'
import { bundled } from '../../testing/test/support/bundle.js'
import { startRedis } from '../../testing/test/support/redis-server.js'
import { stores } from './stores.js'

const program = bundled(new URL('children/one-token.ts', import.meta.url))
const hasRedis = process.env['LINGPAI_TEST_REDIS'] !== 'missing'
const hasSqlite = process.env['LINGPAI_TEST_SQLITE'] !== 'missing'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lingpai-'))
  await writeFile(join(directory, 'file'), 'not a directory')
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

/** URLs of stores that need an operator, each with a word of the hint. */
const broken: readonly (readonly [name: string, url: () => Promise<BrokenStore>, hint: RegExp])[] = [
  ['a file at the path of a file cache', async () => inDirectory((path) => `file:${path}/file`), /another path/],
  ['a file above the path of a file cache', async () => inDirectory((path) => `file:${path}/file/x`), /another path/],
  ...(hasSqlite
    ? ([
        ['a directory at the path of an SQLite cache', async () => inDirectory((path) => `sqlite:${path}`), /file/],
      ] as const)
    : []),
  ...(hasRedis
    ? ([
        [
          'a Redis with another password',
          async () => onRedis(['--requirepass', 'wanted-one'], '', ':wrong-one@'),
          /password/,
        ],
        ['a Redis without the database', async () => onRedis([], '/99'), /databases/],
        [
          'a Redis whose user may not ask for the time',
          async () => onRedis(['--user', 'bot', 'on', '>pw', '~*', '&*', '+@all', '-time'], '', 'bot:pw@'),
          /permissions/,
        ],
      ] as const)
    : []),
]

interface BrokenStore {
  readonly url: string
  close?(): Promise<void>
}

async function inDirectory(urlIn: (path: string) => string): Promise<BrokenStore> {
  return { url: urlIn(directory) }
}

async function onRedis(args: readonly string[], path: string, login = ''): Promise<BrokenStore> {
  const { url, close } = await startRedis(args)
  return { url: url.replace('://', `://${login}`) + path, close }
}

async function failureOf(cache: IAccessTokenCache): Promise<CacheError> {
  return (await cache.ready?.().catch((error: unknown) => error)) as CacheError
}

test.each(broken)('ready() rejects for %s, with a hint', async (_, open, hint) => {
  const { url, close } = await open()
  const cache = await cacheFromUrl(url)
  try {
    for (const each of [cache, encryptedCache(cache, { keys: generateKey() })]) {
      const error = await failureOf(each)
      expect(error).toMatchObject({ code: 'ERR_LINGPAI_CACHE', retryable: false })
      expect(error.hint).toMatch(hint)
    }
  } finally {
    await cache.close?.()
    await close?.()
  }
})

test.each(broken)('a process without a logger warns once about %s and works from memory', async (_, open, hint) => {
  const { url, close } = await open()
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [await program, url])
    expect(stdout).toBe('token-1 token-1\n')
    const warnings = stderr.split('\n').filter((line) => line.includes('LingpaiWarning'))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(hint)
    expect(stderr).not.toMatch(/wrong-one|wanted-one/)
  } finally {
    await close?.()
  }
})

test.each(stores)(
  'ready() resolves for %s, also for several processes at once, and leaves no entry',
  async (_, open) => {
    const store = await open()
    const caches = await Promise.all(Array.from({ length: 4 }, () => cacheFromUrl(store.url)))
    await Promise.all(caches.map((cache) => cache.ready?.()))
    for (const cache of caches) {
      expect(await cache.get('lingpai:ready')).toBeUndefined()
      await cache.close?.()
    }
    await store.close()
  },
)

/** Another user than root, whom no mode stops. */
const nobody = 65_534

/** Modes of an SQLite database and of its directory that keep their owner from writing. */
const closed: readonly (readonly [name: string, file: number, directory: number])[] = [
  ['a read-only file', 0o400, 0o700],
  ['a file that this user cannot read', 0o000, 0o700],
  ['a read-only directory', 0o600, 0o500],
]

for (const [name, fileMode, directoryMode] of hasSqlite ? closed : []) {
  test(`a process without a logger warns once about an SQLite database with ${name}`, async () => {
    const url = `sqlite:${directory}/tokens.db`
    const cache = await cacheFromUrl(url)
    await cache.set('a', 'one')
    await cache.close?.()
    const isRoot = process.getuid?.() === 0
    for (const [path, mode] of [
      [`${directory}/tokens.db`, fileMode],
      [directory, directoryMode],
    ] as const) {
      if (isRoot) await chown(path, nobody, nobody)
      await chmod(path, mode)
    }
    const file = await program
    await chmod(dirname(file), 0o755)
    const args = [file, url, ...(isRoot ? [String(nobody)] : [])]
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args)
    await chmod(directory, 0o700)
    expect(stdout).toBe('token-1 token-1\n')
    const warnings = stderr.split('\n').filter((line) => line.includes('LingpaiWarning'))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/correct the owner or the mode/)
  })
}
