import { randomUUID } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { access, chmod, constants, lstat, mkdir, open, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CacheError, systemClock } from '@lingpai/core'
import { codeOf, ignore, survive } from '@lingpai/core/internal'
import { codedError } from './sqlite-error.js'

/** SQLite's files beside the database, which inherit its mode. */
const companions = ['-wal', '-shm', '-journal']
/** First bytes of a database. */
const magic = 'SQLite format 3\0'
/** A lock of this age belongs to a dead process, because what it guards takes milliseconds. */
const abandonedAfterMs = 2000

/** Identity and length of a file. */
export interface FileIdentity {
  /** Changes when the file is deleted and created again, or replaced. */
  readonly inode: string
  readonly bytes: bigint
}

/** Returns the identity of the file at `path`, within a few microseconds; `undefined` if there is none. */
export function fileIdentity(path: string): FileIdentity | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? undefined : { inode: `${String(found.dev)}:${String(found.ino)}`, bytes: found.size }
}

/**
 * Ensures that there is a file at `path` that only this user can read, before SQLite would create one that everyone can. Files that
 * SQLite left beside a deleted database are moved aside, because SQLite would apply them to the new one.
 *
 * Rejects with `SQLITE_NOTADB` as the cause if the file is not a database.
 */
export async function prepareDatabaseFile(path: string, now: () => number): Promise<void> {
  const found = await stat(path).catch(survive('ENOENT'))
  if (found === undefined) {
    await makePrivateDirectory(dirname(path))
    await replaceIf(path, () => fileIdentity(path) === undefined, now)
    return
  }
  if (!found.isFile())
    throw new CacheError(
      'sqliteCache: "path" must be a file',
      { operation: 'get', reach: 'host', problem: 'failed' },
      {
        retryable: false,
        hint: '"path" must name a file: choose another path, or move away what is there',
      },
    )
  if (process.getuid?.() === found.uid && (found.mode & 0o077) !== 0) {
    for (const suffix of ['', ...companions]) await chmod(path + suffix, 0o600).catch(ignore)
  }
  if (found.size > 0 && !(await startsLikeDatabase(path))) throw codedError('SQLITE_NOTADB')
  // A database is no longer empty when these files are created: it was truncated, and other processes may be using them.
  if (found.size === 0 && (existsSync(`${path}-wal`) || existsSync(`${path}-shm`))) {
    await replaceIf(path, () => fileIdentity(path)?.bytes === 0n, now)
  }
}

/**
 * Returns the system's error if this user may not change the file or its directory, where SQLite creates files, too. SQLite's codes for
 * that are the same as for failures that pass.
 */
export async function denialOf(path: string): Promise<Error | undefined> {
  const { R_OK, W_OK, X_OK } = constants
  return Promise.all([access(path, R_OK | W_OK), access(dirname(path), W_OK | X_OK)]).then(
    () => undefined,
    (error: unknown) => error as Error,
  )
}

async function startsLikeDatabase(path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(magic.length), 0, magic.length, 0)
    return buffer.subarray(0, bytesRead).toString('latin1') === magic
  } finally {
    await file.close()
  }
}

/**
 * Moves a damaged database aside as `<path>.damaged-<time>` and creates an empty one. Does nothing if the file at the path no longer
 * has this `inode`, because another process has then done it.
 *
 * @returns the new path; `undefined` if nothing was moved
 */
export async function moveDamagedAside(path: string, inode: string, now: () => number): Promise<string | undefined> {
  return replaceIf(path, () => fileIdentity(path)?.inode === inode, now)
}

/**
 * Renames each part. The companion files are moved before the database and once more after it: a process that opens the database in
 * between creates new ones, which must not be applied to the next file.
 */
async function startAnew(path: string, nowMs: number): Promise<string | undefined> {
  const aside = await freeName(path, nowMs)
  let isMoved = false
  for (const suffix of [...companions, '', ...companions]) {
    const isThere = await rename(path + suffix, aside + suffix).then(() => true, survive('ENOENT'))
    if (suffix === '') isMoved = isThere === true
  }
  const file = await open(path, 'a', 0o600)
  try {
    await file.chmod(0o600)
  } finally {
    await file.close()
  }
  return isMoved ? aside : undefined
}

async function freeName(path: string, nowMs: number): Promise<string> {
  for (let round = 0; ; round++) {
    const aside = `${path}.damaged-${String(nowMs + round)}`
    const taken = await Promise.all(['', ...companions].map(async (suffix) => lstat(aside + suffix).catch(ignore)))
    if (taken.every((found) => found === undefined)) return aside
  }
}

/** Replaces the files while that is needed, one process at a time; rejects if another process takes too long. */
async function replaceIf(path: string, isNeeded: () => boolean, now: () => number): Promise<string | undefined> {
  const lock = `${path}.exchange`
  const endsAtMs = systemClock.monotonic() + 2 * abandonedAfterMs
  while (isNeeded()) {
    const file = await open(lock, 'wx', 0o600).catch(survive('EEXIST'))
    if (file !== undefined) {
      try {
        return isNeeded() ? await startAnew(path, now()) : undefined
      } finally {
        await file.close()
        await unlink(lock).catch(ignore)
      }
    }
    if (systemClock.monotonic() > endsAtMs) throw failed('another process takes too long to replace the file')
    await breakAbandoned(lock)
  }
  return undefined
}

/** Removes an abandoned lock. Its age is measured by the file system's clock, against a file that is created just now. */
async function breakAbandoned(lock: string): Promise<void> {
  const found = await stat(lock).catch(ignore)
  if (found === undefined) return
  const probe = `${lock}.${randomUUID()}`
  try {
    const file = await open(probe, 'w', 0o600)
    await file.close()
    const { mtimeMs } = await stat(probe)
    if (Math.abs(mtimeMs - found.mtimeMs) <= abandonedAfterMs) return
    // Another process may have removed it already, and created a new lock.
    if ((await stat(lock)).mtimeMs === found.mtimeMs) await rename(lock, probe)
  } catch (error) {
    survive('ENOENT')(error)
  } finally {
    await rm(probe, { force: true })
  }
}

/** Creates a directory with all parents. The mode is set separately, because a umask can only remove bits. */
async function makePrivateDirectory(path: string): Promise<void> {
  const parent = dirname(path)
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return
    if (codeOf(error) !== 'ENOENT' || parent === path) throw error
    await makePrivateDirectory(parent)
    await mkdir(path, { mode: 0o700 }).catch(survive('EEXIST'))
  }
  await chmod(path, 0o700)
}

function failed(problem: string): CacheError {
  return new CacheError(`sqliteCache: ${problem}`, { operation: 'get', reach: 'host', problem: 'failed' })
}
