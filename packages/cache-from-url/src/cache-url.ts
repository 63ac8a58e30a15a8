import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '@lingpai/core'
import { expandHome } from '@lingpai/core/internal'
import type { CacheUrlPlace } from './cache-url-options.js'

/** A parsed URL. The adapter of Redis parses the rest of its URL. */
export type CacheUrl =
  | { readonly kind: 'memory'; readonly maxEntries?: number }
  | { readonly kind: 'file' | 'sqlite'; readonly path: string }
  | { readonly kind: 'redis'; readonly url: string }

type Kind = CacheUrl['kind']

const kinds: Readonly<Record<string, Kind>> = {
  memory: 'memory',
  file: 'file',
  sqlite: 'sqlite',
  redis: 'redis',
  rediss: 'redis',
  'redis+cluster': 'redis',
  'rediss+cluster': 'redis',
  'redis+sentinel': 'redis',
  'rediss+sentinel': 'redis',
}

const example = { file: 'file:.lingpai or file:///var/cache/lingpai', sqlite: 'sqlite:tokens.db' } as const

/** @throws ConfigError that contains at most the scheme of the URL, because the rest may contain a password */
export function readCacheUrl(url: string, place: CacheUrlPlace = {}): CacheUrl {
  const given: unknown = url
  if (typeof given !== 'string' || given.trim() === '')
    throw bad('the URL is missing', given === undefined ? 'missing' : 'empty')
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(given.trim()) ?? []
  const kind = Object.hasOwn(kinds, scheme.toLowerCase()) ? kinds[scheme.toLowerCase()] : undefined
  switch (kind) {
    case 'memory':
      return { kind, ...memoryOptions(rest) }
    case 'file':
    case 'sqlite':
      return { kind, path: pathOf(kind, rest, place) }
    case 'redis':
      return { kind, url: `${scheme.toLowerCase()}:${rest}` }
    default:
      throw unknownScheme(scheme.toLowerCase())
  }
}

function memoryOptions(rest: string): { readonly maxEntries?: number } {
  if (/^(\/\/)?$/.test(rest)) return {}
  const parameters = new URLSearchParams(/^(?:\/\/)?\?(.*)$/s.exec(rest)?.[1] ?? '')
  const text = parameters.get('maxEntries')
  if (text === null || parameters.size !== 1) throw bad('memory: accepts only ?maxEntries=<number>', 'unknown')
  return { maxEntries: /^\d+$/.test(text) ? Number(text) : Number.NaN }
}

function pathOf(
  kind: 'file' | 'sqlite',
  rest: string,
  { cwd = process.cwd(), home = homedir() }: CacheUrlPlace,
): string {
  const what = kind === 'file' ? 'directory' : 'file'
  const fail = (text: string, problem: 'empty' | 'malformed'): ConfigError =>
    bad(`${kind}: ${text}`, problem, `Example: ${example[kind]}`)
  if (rest === '') throw fail(`must name a ${what}`, 'empty')
  if (rest.startsWith('//')) {
    const url = URL.canParse(`file:${rest}`) ? new URL(`file:${rest}`) : undefined
    if (url?.host !== '' || `${url.search}${url.hash}` !== '' || url.pathname === '/')
      throw fail(`must have the absolute path of a ${what} after //`, 'malformed')
    return fileURLToPath(url)
  }
  if (rest === ':memory:') throw fail('does not support :memory:, use memory: instead', 'malformed')
  if (rest.includes('?')) throw fail('must not have parameters', 'malformed')
  const path = expandHome(rest, () => home)
  if (path === undefined) throw fail('must not begin with the home of another user', 'malformed')
  return resolve(cwd, path)
}

function unknownScheme(scheme: string): ConfigError {
  const known = `Known schemes: ${Object.keys(kinds)
    .map((name) => `${name}:`)
    .join(', ')}`
  return scheme === ''
    ? bad('the value must be a URL', 'malformed', known)
    : bad(`unknown scheme ${scheme}:`, 'unknown', known)
}

/** Creates the ConfigError of the `cache` field. */
export function bad(text: string, problem: 'missing' | 'empty' | 'malformed' | 'unknown', hint?: string): ConfigError {
  return new ConfigError(`cache: ${text}`, { field: 'cache', problem }, hint === undefined ? {} : { hint })
}
