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

/** One key for all runs, so that they leave no litter; it is no account's. */
const probeKey = 'lingpai:doctor'
const leaseMs = 2000

/** Whether the cache keeps, gives back and leases, and who else can look into it. */
export async function checkCache(
  place: CachePlace,
  context: Pick<CommandContext, 'io' | 'output'>,
): Promise<readonly Finding[]> {
  const directory = cacheDirectory(place)
  try {
    const cache = await openCache(place, { ...context, warn: () => undefined })
    try {
      // Before anything is written: the cache mends the permissions of a directory that is its own.
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
  if (found === undefined) return [ok('directory', `${directory} is made when it is needed, for you alone`)]
  if (!found.isDirectory()) {
    return [
      warn('directory', `${directory} is no directory`, {
        action: 'The cache moves it aside; name another place if it is yours.',
      }),
    ]
  }
  const own = process.getuid?.()
  if (own !== undefined && own !== 0 && found.uid !== own) {
    return [warn('directory', `${directory} belongs to another user`, { action: 'Name a directory of your own.' })]
  }
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0')
  if (own === undefined || (found.mode & 0o077) === 0) return [ok('directory', `${directory} (${mode})`)]
  return [
    warn('directory', `${directory} can be entered by others (${mode}); the files in it are private all the same`, {
      action: `chmod 700 ${directory}`,
    }),
  ]
}

async function checkUse(place: CachePlace, cache: IAccessTokenCache): Promise<Finding> {
  try {
    const problem = (await keeps(cache)) ?? (cache.lease === undefined ? undefined : await leases(cache, cache.lease))
    if (problem !== undefined)
      return fail('use', `${place.shown} ${problem}`, { action: 'Name another place by cache or LINGPAI_CACHE.' })
    const words =
      cache.lease === undefined
        ? 'is written and read; it is this process only, nothing is shared'
        : `is written, read and leased${place.encryption === undefined ? '' : ', encrypted'}`
    return ok('use', `${place.shown} ${words}`)
  } catch (error) {
    if (isLingpaiError(error) && error.code === 'ERR_LINGPAI_CONFIG') throw error
    // The cache itself knows best why it cannot work there, such as on a file system without any exclusive step.
    if (isLingpaiError(error) && error.hint !== undefined)
      return fail('use', `${place.shown} fails: ${error.message}`, { action: error.hint })
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    const action = isRedis(place)
      ? 'Check that it runs, that it can be reached from here, and user and password (LINGPAI_CACHE_PASSWORD).'
      : 'Make the place writable for this user, or name another by cache or LINGPAI_CACHE.'
    return fail('use', `${place.shown} fails (${code}): every process asks the platform by itself`, { action })
  }
}

async function keeps(cache: IAccessTokenCache): Promise<string | undefined> {
  const value = randomUUID()
  await cache.set(probeKey, value)
  const found = await cache.get(probeKey)
  await cache.remove(probeKey)
  // Another run may have written between the two.
  return found === undefined || found === null || found === '' ? 'forgets what was written' : undefined
}

async function leases(cache: IAccessTokenCache, lease: CacheLease): Promise<string | undefined> {
  const [holder, other] = [randomUUID(), randomUUID()]
  // Another run holds it at this very moment: leasing works.
  if (!(await lease.take(probeKey, holder, leaseMs))) return undefined
  if (await lease.take(probeKey, other, leaseMs)) return 'leases to two at once'
  const value = randomUUID()
  if (!(await lease.commit(probeKey, holder, value))) return 'refuses the holder of its lease'
  await cache.remove(probeKey)
  return undefined
}
