import { lstat } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import type { CacheLease, IAccessTokenCache } from '@lingpai/core'
import { isLingpaiError } from '@lingpai/core'
import { cacheDirectory, isRedis, openCache, readKeys } from '../caches.js'
import type { CachePlace } from '../configuration/configuration.js'
import type { CommandContext } from '../command.js'
import { checkSecret } from './check-secret.js'
import { findingsOf, type Finding } from './finding.js'

const { ok, warn, fail } = findingsOf('cache')

/** A key outside of all accounts, the same for all runs, so that they leave only one entry. */
const probeKey = 'lingpai:doctor'
const leaseMs = 2000

/** Checks reads, writes and leases of the cache, and who else can read it. */
export async function checkCache(
  place: CachePlace,
  context: Pick<CommandContext, 'io' | 'output'>,
): Promise<readonly Finding[]> {
  const directory = cacheDirectory(place)
  try {
    const cache = await openCache(place, { ...context, warn: () => undefined })
    try {
      // Checked before the first write, because the cache fixes the permissions of its directory.
      const before = directory === undefined ? [] : await checkDirectory(directory)
      return [...before, ...(await checkKeys(place, context)), await checkUse(place, cache)]
    } finally {
      await cache.close?.()
    }
  } catch (error) {
    if (!isLingpaiError(error) || error.code !== 'ERR_LINGPAI_CONFIG') throw error
    return [fail('open', error.message, { action: error.hint })]
  }
}

async function checkKeys(place: CachePlace, { io }: Pick<CommandContext, 'io'>): Promise<readonly Finding[]> {
  return place.encryption === undefined ? [] : [checkSecret('cache', 'encryption keys', await readKeys(place, io))]
}

async function checkDirectory(directory: string): Promise<readonly Finding[]> {
  const found = await lstat(directory).catch(() => undefined)
  if (found === undefined) return [ok('directory', `${directory} will be created when needed, for you only`)]
  if (!found.isDirectory()) {
    return [
      warn('directory', `${directory} is not a directory`, {
        action: 'The cache will move it aside; configure another path if you need the file.',
      }),
    ]
  }
  const own = process.getuid?.()
  if (own !== undefined && own !== 0 && found.uid !== own) {
    return [warn('directory', `${directory} belongs to another user`, { action: 'Configure a directory of your own.' })]
  }
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0')
  if (own === undefined || (found.mode & 0o077) === 0) return [ok('directory', `${directory} (${mode})`)]
  return [
    warn('directory', `${directory} can be entered by other users (${mode}); its files are still private`, {
      action: `chmod 700 ${directory}`,
    }),
  ]
}

async function checkUse(place: CachePlace, cache: IAccessTokenCache): Promise<Finding> {
  try {
    const problem =
      (await checkStorage(cache)) ?? (cache.lease === undefined ? undefined : await checkLease(cache, cache.lease))
    if (problem !== undefined)
      return fail('use', `${place.shown} ${problem}`, {
        action: 'Configure another cache in lingpai.yaml or LINGPAI_CACHE.',
      })
    const words =
      cache.lease === undefined
        ? 'can be written and read; it is in this process only and not shared'
        : `can be written, read and leased${place.encryption === undefined ? '' : ', encrypted'}`
    return ok('use', `${place.shown} ${words}`)
  } catch (error) {
    if (isLingpaiError(error) && error.code === 'ERR_LINGPAI_CONFIG') throw error
    // The cache's hint is more specific, for example for a file system without atomic operations.
    if (isLingpaiError(error) && error.hint !== undefined)
      return fail('use', `${place.shown} failed: ${error.message}`, { action: error.hint })
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    const action = hintOf(error) ?? (await readyHint(cache)) ?? generalAdvice(place)
    return fail('use', `${place.shown} failed (${code}): every process requests its own tokens`, { action })
  }
}

/** Returns what the store's error says about its solution. */
function hintOf(error: unknown): string | undefined {
  const { hint } = Object(error) as { readonly hint?: unknown }
  return typeof hint === 'string' ? hint : undefined
}

/** Returns the advice that an application gets when it checks this cache at its start. */
async function readyHint(cache: IAccessTokenCache): Promise<string | undefined> {
  return cache.ready?.().then(() => undefined, hintOf)
}

function generalAdvice(place: CachePlace): string {
  return isRedis(place)
    ? 'Check that it is running, that this host can reach it, and its user and password (LINGPAI_CACHE_PASSWORD).'
    : 'Make it writable for this user, or configure another cache in lingpai.yaml or LINGPAI_CACHE.'
}

async function checkStorage(cache: IAccessTokenCache): Promise<string | undefined> {
  const value = randomUUID()
  await cache.set(probeKey, value)
  const found = await cache.get(probeKey)
  await cache.remove(probeKey)
  // A concurrent run may have overwritten the value.
  return found === undefined || found === null || found === '' ? 'loses what was written' : undefined
}

async function checkLease(cache: IAccessTokenCache, lease: CacheLease): Promise<string | undefined> {
  const [holder, other] = [randomUUID(), randomUUID()]
  // A concurrent run holds the lease, so leasing works.
  if (!(await lease.take(probeKey, holder, leaseMs))) return undefined
  if (await lease.take(probeKey, other, leaseMs)) return 'gives one lease to two holders'
  const value = randomUUID()
  if (!(await lease.commit(probeKey, holder, value))) return 'rejects a commit by the holder of the lease'
  await cache.remove(probeKey)
  return undefined
}
