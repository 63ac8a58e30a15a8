import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { fileCache } from '@lingpai/cache-file'
import { memoryCache } from '@lingpai/cache-memory'
import { ConfigError, type IAccessTokenCache } from '@lingpai/core'
import type { CommandIo } from './command-io.js'

type Env = CommandIo['env']

/** Schemes that other packages bring. */
const elsewhere: Readonly<Record<string, string>> = {
  redis: '@lingpai/cache-redis',
  rediss: '@lingpai/cache-redis',
  sqlite: '@lingpai/cache-sqlite',
}

/**
 * A cache URL with an absolute path in it.
 *
 * @param base what a relative path is relative to
 * @throws ConfigError for a scheme that the command does not come with; the rest of the URL, which may hold a password, is not quoted
 */
export function normalCacheUrl(url: string, base: string, env: Env): string {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(url.trim()) ?? []
  switch (scheme.toLowerCase()) {
    case 'memory':
      return 'memory:'
    case 'file':
      return `file:${directoryOf(rest, base, env)}`
    default:
      throw unknownScheme(scheme.toLowerCase())
  }
}

/** Where the tokens of this user are kept unless something else is said: a private directory below the system's place for caches. */
export function defaultCacheUrl(env: Env): string {
  return `file:${join(cacheHome(env), 'lingpai')}`
}

/** The directory of a `file:` cache; `undefined` for other caches. */
export function cacheDirectory(normalUrl: string): string | undefined {
  return normalUrl.startsWith('file:') ? normalUrl.slice('file:'.length) : undefined
}

/** Opens a cache. @param normalUrl as {@link normalCacheUrl} gives it */
export function openCache(normalUrl: string): IAccessTokenCache {
  const directory = cacheDirectory(normalUrl)
  return directory === undefined ? memoryCache() : fileCache({ directory })
}

function directoryOf(rest: string, base: string, env: Env): string {
  const bad = (text: string, problem: 'empty' | 'malformed'): ConfigError =>
    new ConfigError(
      `cache: ${text}`,
      { field: 'cache', problem },
      { hint: 'Such as file:.lingpai or file:/var/cache/lingpai' },
    )
  if (rest === '') throw bad('file: names no directory', 'empty')
  if (rest.startsWith('//')) {
    const url = URL.canParse(`file:${rest}`) ? new URL(`file:${rest}`) : undefined
    if (url === undefined || url.host !== '')
      throw bad('file:// is followed by an absolute path: file:///var/cache/lingpai', 'malformed')
    return fileURLToPath(url)
  }
  return resolve(base, rest.replace(/^~(?=$|[/\\])/, homeOf(env)))
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

function unknownScheme(scheme: string): ConfigError {
  const owner = elsewhere[scheme]
  const text = scheme === '' ? 'is no URL' : `the scheme ${scheme}: is not built in`
  return new ConfigError(
    `cache: ${text}`,
    { field: 'cache', problem: scheme === '' ? 'malformed' : 'unknown' },
    {
      hint:
        owner === undefined
          ? `Use memory: or file:<directory>, such as ${pathToFileURL('/var/cache/lingpai').href}`
          : `install ${owner}, which brings ${scheme}: caches; until then use file:<directory> or memory:`,
    },
  )
}
