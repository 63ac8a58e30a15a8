import { homedir } from 'node:os'
import { join } from 'node:path'
import { encryptedCache } from '@lingpai/cache-encrypted'
import { cacheFromUrl, displayCacheUrl } from '@lingpai/cache-from-url'
import { isLingpaiError, type IAccessTokenCache } from '@lingpai/core'
import type { CommandIo } from './command-io.js'
import type { CachePlace, EncryptionPlace } from './configuration/configuration.js'
import type { Output } from './output.js'
import { readSecret, type FoundSecret } from './read-secret.js'

type Env = CommandIo['env']

/** The variable that holds the keys of an encrypted cache. */
export const keysEnv = 'LINGPAI_CACHE_KEYS'
/** The variable that holds the password of a Redis. */
const passwordEnv = 'LINGPAI_CACHE_PASSWORD'

/** @throws ConfigError for a URL that no cache has */
export function cachePlace(url: string, cwd: string, env: Env): CachePlace {
  return { url, cwd, shown: displayCacheUrl(url, { cwd, home: homeOf(env) }) }
}

/** Where the tokens of this user are kept unless something else is said: a private directory below the system's place for caches. */
export function defaultCachePlace(cwd: string, env: Env): CachePlace {
  return cachePlace(`file:${join(cacheHome(env), 'lingpai')}`, cwd, env)
}

/** The directory of a `file:` cache; `undefined` for other caches. */
export function cacheDirectory({ shown }: CachePlace): string | undefined {
  return shown.startsWith('file:') ? shown.slice('file:'.length) : undefined
}

/** Whether the cache is a Redis. */
export function isRedis({ shown }: CachePlace): boolean {
  return /^rediss?[+:]/.test(shown)
}

/** Whether a URL holds a password. */
export function hasPassword(url: string): boolean {
  return /^\s*rediss?(\+\w+)?:\/\/[^@]*:[^@]*@/is.test(url)
}

/**
 * Opens a cache. What is secret of it is hidden from all output.
 *
 * @throws ConfigError for a package that is not installed, a key that is none, a secret that is not where it is said to be
 */
export async function openCache(
  place: CachePlace,
  { io, output }: { readonly io: CommandIo; readonly output: Output },
): Promise<IAccessTokenCache> {
  hidePassword(place.url, output)
  const keys = place.encryption === undefined ? undefined : await readKeys(place.encryption, io)
  for (const part of (keys?.value ?? '').split(/[\s,:]+/)) output.hide(part)
  const password = isRedis(place) ? await passwordFrom(io) : undefined
  if (password !== undefined) output.hide(password)
  const options = { cwd: place.cwd, home: homeOf(io.env), ...(password !== undefined && { password }) }
  const cache = await cacheFromUrl(place.url, options)
  if (keys === undefined) return cache
  return encryptedCache(cache, { keys: keys.value, readPlain: place.encryption?.readPlain ?? false })
}

/** The keys of an encrypted cache, separated by commas or white space; the first one encrypts. */
export async function readKeys({ keys }: EncryptionPlace, io: CommandIo): Promise<FoundSecret> {
  return readSecret({ name: 'cache encryption', secret: keys }, io)
}

function hidePassword(url: string, output: Output): void {
  const [, password = ''] = /\/\/[^@]*?:(.*)@/s.exec(url) ?? []
  output.hide(password)
  try {
    output.hide(decodeURIComponent(password))
  } catch {
    // The adapter says what is wrong with it.
  }
}

async function passwordFrom(io: CommandIo): Promise<string | undefined> {
  try {
    const { value } = await readSecret({ name: 'cache', secret: { kind: 'env', names: [passwordEnv] } }, io)
    return value
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
