import { homedir } from 'node:os'
import { join } from 'node:path'
import { encryptedCache } from '@lingpai/cache-encrypted'
import { cacheFromUrl, displayCacheUrl } from '@lingpai/cache-from-url'
import { isLingpaiError, type IAccessTokenCache } from '@lingpai/core'
import type { CommandIo } from './command-io.js'
import type { CachePlace } from './configuration/configuration.js'
import type { Output } from './output.js'
import { readSecret, type FoundSecret } from './read-secret.js'

type Env = CommandIo['env']

/** The environment variable with the keys of an encrypted cache. */
export const keysEnv = 'LINGPAI_CACHE_KEYS'
/** The environment variable with the password of Redis. */
const passwordEnv = 'LINGPAI_CACHE_PASSWORD'

/** Parses a cache URL. @throws ConfigError for an unknown kind of cache */
export function cachePlace(url: string, cwd: string, env: Env): Omit<CachePlace, 'allowWorldReadable'> {
  return { url, cwd, shown: displayCacheUrl(url, { cwd, home: homeOf(env) }) }
}

/** The default cache of this user: a private directory below the system's directory for caches. */
export function defaultCachePlace(cwd: string, env: Env): Omit<CachePlace, 'allowWorldReadable'> {
  return cachePlace(`file:${join(cacheHome(env), 'lingpai')}`, cwd, env)
}

/** Returns the directory of a `file:` cache; `undefined` for other caches. */
export function cacheDirectory({ shown }: Pick<CachePlace, 'shown'>): string | undefined {
  return shown.startsWith('file:') ? shown.slice('file:'.length) : undefined
}

/** Whether the cache is Redis. */
export function isRedis({ shown }: Pick<CachePlace, 'shown'>): boolean {
  return /^rediss?[+:]/.test(shown)
}

/** Whether a URL contains a password. */
export function hasPassword(url: string): boolean {
  return /^\s*rediss?(\+\w+)?:\/\/[^@]*:[^@]*@/is.test(url)
}

/** Options of {@link openCache}. */
export interface OpenCacheOptions {
  readonly io: CommandIo
  readonly output: Output
  /** Called with a warning about a secret file that others can read. @default a warning on standard error */
  readonly warn?: (text: string) => void
}

/**
 * Opens a cache and hides its secrets from all output.
 *
 * @throws ConfigError for a package that is not installed, an invalid key, or a missing secret
 */
export async function openCache(place: CachePlace, { io, output, warn }: OpenCacheOptions): Promise<IAccessTokenCache> {
  hidePassword(place.url, output)
  const keys = place.encryption === undefined ? undefined : await readKeys(place, io)
  for (const part of (keys?.value ?? '').split(/[\s,:]+/)) output.hide(part)
  const password = isRedis(place) ? await passwordFrom(place, io) : undefined
  if (password !== undefined) output.hide(password.value)
  for (const { exposure } of [keys, password].filter((found) => found !== undefined))
    if (exposure !== undefined) (warn ?? output.warn)(`cache: ${exposure.text}; ${exposure.action}`)
  const options = { cwd: place.cwd, home: homeOf(io.env), ...(password && { password: password.value }) }
  const cache = await cacheFromUrl(place.url, options)
  if (keys === undefined) return cache
  return encryptedCache(cache, { keys: keys.value, readPlain: place.encryption?.readPlain ?? false })
}

/** Reads the keys of an encrypted cache, separated by commas or whitespace; the first one encrypts. */
export async function readKeys(
  { encryption, allowWorldReadable }: Pick<CachePlace, 'encryption' | 'allowWorldReadable'>,
  io: CommandIo,
): Promise<FoundSecret> {
  const secret = encryption?.keys ?? { kind: 'env', names: [keysEnv] }
  return readSecret({ name: 'cache encryption', secret, allowWorldReadable }, io)
}

function hidePassword(url: string, output: Output): void {
  const [, password = ''] = /\/\/[^@]*?:(.*)@/s.exec(url) ?? []
  output.hide(password)
  try {
    output.hide(decodeURIComponent(password))
  } catch {
    // The adapter reports the invalid URL.
  }
}

async function passwordFrom(
  { allowWorldReadable }: Pick<CachePlace, 'allowWorldReadable'>,
  io: CommandIo,
): Promise<FoundSecret | undefined> {
  try {
    const secret = { kind: 'env', names: [passwordEnv] } as const
    return await readSecret({ name: 'cache', secret, allowWorldReadable }, io)
  } catch (error) {
    if (isLingpaiError(error) && error.code === 'ERR_LINGPAI_CONFIG' && error.details.problem === 'missing')
      return undefined
    throw error
  }
}

function homeOf(env: Env): string {
  return env['HOME'] ?? homedir()
}

function cacheHome(env: Env): string {
  const ofSystem = {
    darwin: join(homeOf(env), 'Library', 'Caches'),
    win32: env['LOCALAPPDATA'] ?? join(homeOf(env), 'AppData', 'Local'),
  }[process.platform as 'darwin' | 'win32'] as string | undefined
  return env['XDG_CACHE_HOME'] ?? ofSystem ?? join(homeOf(env), '.cache')
}
