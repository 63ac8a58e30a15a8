import { chmod, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CacheError } from '@lingpai/core'
import { codeOf, ignore, survive } from '@lingpai/core/internal'

const privateMode = 0o700
/** Names that the cache itself creates in its directory: hashes, and what it moved aside. */
const ownName = /^([0-9a-f]{64}(\.aside-\d+)?|changes)$/

/**
 * Ensures that `path` is a directory, not a link to one, that only this user can enter. Anything else there is moved aside, with the
 * time in its new name. The name of a new directory is not flushed; those of the directories above it are.
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
      // Each round uses another name, because another process may have moved something aside in the same millisecond.
      await moveAside(path, now() + round)
    }
  }
  throw new CacheError('fileCache: another program keeps replacing a directory of the cache', {
    operation: 'set',
    reach: 'host',
    problem: 'failed',
  })
}

/** Restricts an existing directory to this user if it is ours and contains only a cache; any other directory is left unchanged. */
export async function tightenCacheDirectory(path: string): Promise<void> {
  const found = await lstat(path)
  if (!found.isDirectory() || !isLooseAndOurs(found)) return
  const names = await readdir(path)
  if (names.every((name) => ownName.test(name))) await chmod(path, privateMode)
}

/** Flushes the names in a directory. Systems that cannot flush a directory persist names in their own way. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(survive('EPERM', 'EISDIR', 'EINVAL', 'EACCES'))
  if (directory === undefined) return
  try {
    await directory.sync().catch(survive('EPERM', 'EISDIR', 'EINVAL', 'EACCES', 'ENOTSUP', 'EBADF'))
  } finally {
    await directory.close()
  }
}

/** Creates a directory with all parents. The mode is set separately, because a umask can only remove bits. */
async function makePrivateDirectory(path: string): Promise<void> {
  const parent = dirname(path)
  try {
    await mkdir(path, { mode: privateMode })
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return
    if (codeOf(error) !== 'ENOENT' || parent === path) throw error
    await makePrivateDirectory(parent)
    await syncDirectory(dirname(parent))
    await mkdir(path, { mode: privateMode }).catch(survive('EEXIST'))
  }
  // On file systems without modes, the mount options decide who can enter. A new directory may be gone already: see forget-entries.ts.
  await chmod(path, privateMode).catch(
    survive('ENOENT', 'EPERM', 'EACCES', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'),
  )
}

/** Moves anything at `path` onto an empty file created for it, so that a directory created meanwhile is left in place. */
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

/** Whether other users can enter a directory that this user may restrict. */
export function isLooseAndOurs({ mode, uid }: { readonly mode: number; readonly uid: number }): boolean {
  return process.getuid?.() === uid && (mode & 0o077) !== 0
}
