import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, survive } from '@lingpai/core/internal'
import { markOf, type FileMark } from './file-mark.js'
import { decodeState, maxStateBytes, type WrittenState } from './state.js'

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants as Partial<Record<string, number>>
/** Never follow a link, and never wait for the other end of a pipe. Windows has neither flag. */
const readFlags = (O_RDONLY ?? 0) | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0)

/** Errors of opening a link or a socket. */
const notAFileCodes = ['ELOOP', 'EMLINK', 'ENXIO', 'ENOTSUP', 'EOPNOTSUPP']

/** Name of the file in a state that is a directory. */
export const innerName = 'state'

/** The content of a state file: a state, damaged content, or no file. */
export type StateFile = FoundState | 'damaged' | 'gone'

/** A state, and the file that it was read from. */
export interface FoundState extends WrittenState {
  readonly path: string
  readonly mark: FileMark
}

/**
 * Reads the state in the file or directory at `path`, for the key with the name `name`. Rejects only when the system reports an
 * unexpected error.
 */
export async function readStateFile(path: string, name: string): Promise<StateFile> {
  const found = await readFileAt(path, name)
  if (found !== 'directory') return found
  // A directory that has just been removed counts as gone, as a file would.
  const inside = await readFileAt(join(path, innerName), name)
  return inside === 'directory' ? 'damaged' : inside
}

async function readFileAt(path: string, name: string): Promise<StateFile | 'directory'> {
  let file: FileHandle
  try {
    file = await open(path, readFlags)
  } catch (error) {
    const code = codeOf(error) ?? ''
    if (code === 'ENOENT') return 'gone'
    if (code === 'EISDIR') return 'directory'
    if (notAFileCodes.includes(code)) return 'damaged'
    throw error
  }
  try {
    const found = await file.stat({ bigint: true })
    if (found.isDirectory()) return 'directory'
    if (!found.isFile() || found.size === 0n || found.size > maxStateBytes) return 'damaged'
    const written = decodeState(name, await readText(file, Number(found.size)))
    return written === undefined ? 'damaged' : { ...written, path, mark: markOf(found) }
  } finally {
    await file.close()
  }
}

/** Errors of file systems that have no modes, or nothing to flush. */
const notSupported = survive('EPERM', 'EACCES', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP')

/** Writes a new file that only this user can read, and flushes it if `isFlushed`. */
export async function writePrivateFile(path: string, text: string, isFlushed: boolean): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.chmod(0o600).catch(notSupported)
    await file.writeFile(text)
    if (isFlushed) await file.sync().catch(notSupported)
  } finally {
    await file.close()
  }
}

async function readText(file: FileHandle, size: number): Promise<string> {
  const bytes = Buffer.allocUnsafe(size)
  let filled = 0
  while (filled < size) {
    const { bytesRead } = await file.read(bytes, filled, size - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.toString('utf8', 0, filled)
}
