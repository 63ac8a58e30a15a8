import type { IAccessTokenCache } from '../cache.js'
import { ConfigError } from '../errors.js'

const methods = ['get', 'set', 'remove'] as const

/** @throws ConfigError for anything that is not a cache */
export function assertCache(cache: unknown): asserts cache is IAccessTokenCache {
  const given = cache as Readonly<Record<string, unknown>> | null | undefined
  if (typeof given === 'object' && given !== null && methods.every((name) => typeof given[name] === 'function')) return
  throw new ConfigError('"cache" must be an object with the methods get, set and remove', {
    field: 'cache',
    problem: given === undefined || given === null ? 'missing' : 'malformed',
  })
}
