import { chmod, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CacheError } from '@lingpai/core'
import { codeOf, ignore, survive } from './system-error.js'

const privateMode = 0o700
/** What a cache itself puts into its directory: hashes, and what it moved aside. */
const ownName = /^([0-9a-f]{64}(\.aside-\d+)?|changes)$/

/**
 * Makes sure that `path` is a directory, not a link to one, which only we can enter. Whatever else stands there is moved
 * aside and kept, with the time in its name.
 */
export async function preparePrivateDirectory(path: string, now: () => number): Promise<void> {
  for (let round = 0; round < 100; round++) {
    const found = await lstat(path).catch(survive('ENOENT'))
    if (found === undefined) {
      await makePrivateDirectory(path)
    } else if (found.isDirectory()) {
      if (isLooseAndOurs(found)) await chmod(path, privateMode).catch(ignore)
      return
    } else {
      // Counting on, because a name may be taken by another who moved something aside in the same millisecond.
      await moveAside(path, now() + round)
    }
  }
  throw new CacheError('fileCache: something keeps taking the place of a directory of the cache', {
    operation: 'set',
    reach: 'host',
    problem: 'failed',
  })
}

/** Shuts others out of an existing directory that is ours and holds nothing but a cache; one that holds more is left. */
export async function tightenCacheDirectory(path: string): Promise<void> {
  const found = await lstat(path)
  if (!found.isDirectory() || !isLooseAndOurs(found)) return
  const names = await readdir(path)
  if (names.every((name) => ownName.test(name))) await chmod(path, privateMode)
}

/** Flushes names; a system that cannot do that to a directory has its own way of keeping them. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(survive('EPERM', 'EISDIR', 'EINVAL', 'EACCES'))
  if (directory === undefined) return
  try {
    await directory.sync().catch(survive('EPERM', 'EISDIR', 'EINVAL', 'EACCES', 'ENOTSUP', 'EBADF'))
  } finally {
    await directory.close()
  }
}

/** With all parents; the mode is set apart because a umask can only take bits away. */
async function makePrivateDirectory(path: string): Promise<void> {
  const parent = dirname(path)
  try {
    await mkdir(path, { mode: privateMode })
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return
    if (codeOf(error) !== 'ENOENT' || parent === path) throw error
    await makePrivateDirectory(parent)
    await mkdir(path, { mode: privateMode }).catch(survive('EEXIST'))
  }
  // Where there are no modes, the mount decides who can enter.
  await chmod(path, privateMode).catch(survive('EPERM', 'EACCES', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'))
  await syncDirectory(parent)
}

/** Moves whatever stands at `path` onto an empty file made for it: so a directory, say one made meanwhile, stays. */
export async function moveAside(path: string, nowMs: number): Promise<void> {
  const aside = `${path}.aside-${String(nowMs)}`
  const place = await open(aside, 'wx', 0o600).catch(survive('EEXIST'))
  if (place === undefined) return
  await place.close()
  try {
    await rename(path, aside)
  } catch (error) {
    await unlink(aside).catch(ignore)
    const standing = await lstat(path).catch(survive('ENOENT'))
    if (standing?.isDirectory() === false) throw error
  }
}

function isLooseAndOurs({ mode, uid }: { readonly mode: number; readonly uid: number }): boolean {
  return process.getuid?.() === uid && (mode & 0o077) !== 0
}
