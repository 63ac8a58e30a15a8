import { randomUUID } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { chmod, lstat, mkdir, open, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CacheError, systemClock } from '@lingpai/core'
import { codedError } from './sqlite-error.js'
import { codeOf, ignore, survive } from './system-error.js'

/** SQLite's files beside the database; they inherit its mode. */
const companions = ['-wal', '-shm', '-journal']
/** What a database starts with. */
const magic = 'SQLite format 3\0'
/** A lock that stood for so long is a dead process's: what it guards takes milliseconds. */
const abandonedAfterMs = 2000

/** Which file it is, and how long. */
export interface FileIdentity {
  /** Another one after the file was deleted and made again, or replaced. */
  readonly inode: string
  readonly bytes: bigint
}

/** What stands at `path`, looked up in a few microseconds; `undefined`: nothing. */
export function fileIdentity(path: string): FileIdentity | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? undefined : { inode: `${String(found.dev)}:${String(found.ino)}`, bytes: found.size }
}

/**
 * Makes sure that a file stands at `path` which only we can read, before SQLite would make one that everybody can. What SQLite
 * left beside a file that is gone is moved aside, since it would take that for a part of the new one.
 *
 * Rejects with `SQLITE_NOTADB` as the cause where the file is something else.
 */
export async function prepareDatabaseFile(path: string, now: () => number): Promise<void> {
  const found = await stat(path).catch(survive('ENOENT'))
  if (found === undefined) {
    await makePrivateDirectory(dirname(path))
    await alone(path, async () => {
      if (fileIdentity(path) === undefined) await startAnew(path, now())
    })
    return
  }
  if (!found.isFile())
    throw new CacheError(
      'sqliteCache: path is a directory or another thing that is no file',
      { operation: 'get', reach: 'host', problem: 'failed' },
      { retryable: false, hint: 'path must name a file: name another one, or move away what stands there' },
    )
  if (process.getuid?.() === found.uid && (found.mode & 0o077) !== 0) {
    for (const suffix of ['', ...companions]) await chmod(path + suffix, 0o600).catch(ignore)
  }
  if (found.size > 0 && !(await startsLikeDatabase(path))) throw codedError('SQLITE_NOTADB')
  // Never so in the life of a database: it is no longer empty when these are made. Somebody cut it, and others may use them.
  if (found.size === 0 && (existsSync(`${path}-wal`) || existsSync(`${path}-shm`))) {
    await alone(path, async () => {
      if (fileIdentity(path)?.bytes === 0n) await startAnew(path, now())
    })
  }
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
 * Moves a damaged database aside as `<path>.damaged-<time>` and starts an empty one; does nothing if `inode` is no longer what
 * stands there, since then somebody else has done it.
 *
 * @returns Where it is now; `undefined` if nothing was moved.
 */
export async function moveDamagedAside(path: string, inode: string, now: () => number): Promise<string | undefined> {
  return alone(path, async () => (fileIdentity(path)?.inode === inode ? startAnew(path, now()) : undefined))
}

/**
 * Gives each part a name of its own. The companions go first and once more after the database: whoever opens it meanwhile
 * makes new ones, which must not be taken for those of the file that comes next.
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

/** Lets one process at a time exchange the files; rejects when another one takes too long over it. */
async function alone<T>(path: string, action: () => Promise<T>): Promise<T> {
  const lock = `${path}.exchange`
  const endsAtMs = systemClock.monotonic() + 2 * abandonedAfterMs
  for (;;) {
    const file = await open(lock, 'wx', 0o600).catch(survive('EEXIST'))
    if (file !== undefined) {
      try {
        return await action()
      } finally {
        await file.close()
        await unlink(lock).catch(ignore)
      }
    }
    if (systemClock.monotonic() > endsAtMs) throw failed('another process does not finish exchanging the file')
    await breakAbandoned(lock)
  }
}

/** Ages are counted by the file system's clock: against a file that is written just now. */
async function breakAbandoned(lock: string): Promise<void> {
  const found = await stat(lock).catch(ignore)
  if (found === undefined) return
  const probe = `${lock}.${randomUUID()}`
  try {
    const file = await open(probe, 'w', 0o600)
    await file.close()
    const { mtimeMs } = await stat(probe)
    if (Math.abs(mtimeMs - found.mtimeMs) <= abandonedAfterMs) return
    // Somebody else may have been faster at this, and hold a lock of his own by now.
    if ((await stat(lock)).mtimeMs === found.mtimeMs) await rename(lock, probe)
  } catch (error) {
    survive('ENOENT')(error)
  } finally {
    await rm(probe, { force: true })
  }
}

/** With all parents; the mode is set apart because a umask can only take bits away. */
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
