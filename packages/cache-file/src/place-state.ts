import { randomUUID } from 'node:crypto'
import { link, lstat, mkdir, readdir, rename, rm, rmdir, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CacheError } from '@lingpai/core'
import { codeOf, ignore, survive } from '@lingpai/core/internal'
import { syncDirectory } from './private-directory.js'
import { innerName, writePrivateFile } from './state-file.js'

/** Errors of `link` if the file system has no hard links, or does not allow them. */
const noLinkCodes = ['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL']

/** Errors of `rename` for a directory if the target is a file, or a directory that is not empty. */
const takenCodes = ['EEXIST', 'ENOTEMPTY', 'ENOTDIR']

/** Directories of caches on file systems without hard links. */
const withoutLinks = new Set<string>()

/**
 * Creates a state atomically if its place is free: as a file, by a hard link. On a file system without hard links, the state is a
 * directory that contains the file, because renaming a directory onto a file or onto a non-empty directory fails. Both forms have the
 * same name, so they exclude each other too.
 *
 * @param isFlushed whether the state is on the disk before it has its place
 * @returns `false` if the place was taken
 */
export async function placeState(path: string, text: string, isFlushed: boolean): Promise<boolean> {
  const entry = dirname(path)
  const place = dirname(entry)
  if (!withoutLinks.has(place)) {
    const linked = await placeByLink(path, text, isFlushed)
    if (typeof linked === 'boolean') return linked
    await assertRenamesAreExclusive(entry, linked.error)
    withoutLinks.add(place)
  }
  return placeByRename(path, text, isFlushed)
}

/** Removes a state that {@link placeState} created, in either form, if it still exists. */
export async function removeState(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    const names = await readdir(path).catch(ignore)
    // Anything else in the directory does not belong to the cache.
    if (names === undefined || names.some((name) => name !== innerName)) throw error
    const gone = asidePath(path)
    await rename(path, gone).catch(survive('ENOENT'))
    await unlink(join(gone, innerName)).catch(survive('ENOENT'))
    await rmdir(gone).catch(survive('ENOENT'))
  }
}

/** Returns a temporary name beside a state, for a state that is being created or removed. */
function asidePath(path: string): string {
  return path.replace(/\.json$/, `.${randomUUID()}.tmp`)
}

async function placeByLink(
  path: string,
  text: string,
  isFlushed: boolean,
): Promise<boolean | { readonly error: unknown }> {
  const aside = asidePath(path)
  try {
    await writePrivateFile(aside, text, isFlushed)
    try {
      await link(aside, path)
      return true
    } catch (error) {
      const code = codeOf(error) ?? ''
      if (code === 'EEXIST') return false
      if (noLinkCodes.includes(code)) return { error }
      throw error
    }
  } finally {
    await unlink(aside).catch(ignore)
  }
}

async function placeByRename(path: string, text: string, isFlushed: boolean): Promise<boolean> {
  const aside = asidePath(path)
  try {
    await makeState(aside, text, isFlushed)
    await rename(aside, path)
    return true
  } catch (error) {
    if (takenCodes.includes(codeOf(error) ?? '')) return false
    // Some systems report a taken place by other codes.
    if ((await lstat(path).catch(ignore)) !== undefined) return false
    throw error
  } finally {
    await rm(aside, { recursive: true, force: true }).catch(ignore)
  }
}

async function makeState(directory: string, text: string, isFlushed: boolean): Promise<void> {
  await mkdir(directory, { mode: 0o700 })
  await writePrivateFile(join(directory, innerName), text, isFlushed)
  if (isFlushed) await syncDirectory(directory)
}

/** Tests the file system: one that replaces a directory by renaming another onto it cannot fence. */
async function assertRenamesAreExclusive(entry: string, cause: unknown): Promise<void> {
  const [one, other] = [asidePath(join(entry, '0.json')), asidePath(join(entry, '0.json'))]
  try {
    await makeState(one, 'one', false)
    await makeState(other, 'other', false)
    const isReplaced = await rename(one, other).then(
      () => true,
      () => false,
    )
    if (isReplaced) throw noExclusiveStep(cause)
  } finally {
    for (const path of [one, other]) await rm(path, { recursive: true, force: true }).catch(ignore)
  }
}

function noExclusiveStep(cause: unknown): CacheError {
  return new CacheError(
    'fileCache: the file system of "directory" has neither hard links nor an exclusive rename, so processes cannot share it safely',
    { operation: 'set', reach: 'host', problem: 'failed' },
    { cause, hint: 'Use a directory on a file system with hard links, or another cache (sqlite:, redis:).' },
  )
}
