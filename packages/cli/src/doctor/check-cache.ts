import { lstat } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import type { CacheLease, IAccessTokenCache } from '@lingpai/core'
import { cacheDirectory, openCache } from '../caches.js'
import { findingsOf, type Finding } from './finding.js'

const { ok, warn, fail } = findingsOf('cache')

/** One key for all runs, so that they leave no litter; it is no account's. */
const probeKey = 'lingpai:doctor'
const leaseMs = 2000

/** Whether the cache keeps, gives back and leases, and who else can look into it. */
export async function checkCache(cacheUrl: string): Promise<readonly Finding[]> {
  const directory = cacheDirectory(cacheUrl)
  const cache = openCache(cacheUrl)
  try {
    // Before anything is written: the cache mends the permissions of a directory that is its own.
    const place = directory === undefined ? [] : await checkDirectory(directory)
    return [...place, await checkUse(cacheUrl, cache)]
  } finally {
    await cache.close?.()
  }
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

async function checkUse(cacheUrl: string, cache: IAccessTokenCache): Promise<Finding> {
  try {
    const problem = (await keeps(cache)) ?? (cache.lease === undefined ? undefined : await leases(cache, cache.lease))
    if (problem !== undefined)
      return fail('use', `${cacheUrl} ${problem}`, { action: 'Name another place by cache or LINGPAI_CACHE.' })
    const words =
      cache.lease === undefined
        ? 'is written and read; it is this process only, nothing is shared'
        : 'is written, read and leased'
    return ok('use', `${cacheUrl} ${words}`)
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    return fail('use', `${cacheUrl} fails (${code}): every process asks the platform by itself`, {
      action: 'Make the place writable for this user, or name another by cache or LINGPAI_CACHE.',
    })
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
