import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { markOf, type FileMark } from './file-mark.js'
import { decodeState, maxStateBytes, type State } from './state.js'
import { codeOf } from './system-error.js'

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants as Partial<Record<string, number>>
/** Never through a link, never waiting for the other end of a pipe. Windows has neither flag. */
const readFlags = (O_RDONLY ?? 0) | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0)

/** What opening a link, a socket or a directory says, where the system refuses that outright. */
const notAFileCodes = ['ELOOP', 'EMLINK', 'ENXIO', 'EISDIR', 'ENOTSUP', 'EOPNOTSUPP']

/** What a state file holds: a state, nothing that can be read, or it is no longer there. */
export type StateFile = { readonly state: State; readonly mark: FileMark } | 'damaged' | 'gone'

/** Reads the state of `key` from the file at `path`; rejects only when the system cannot tell. */
export async function readStateFile(path: string, key: string): Promise<StateFile> {
  let file: FileHandle
  try {
    file = await open(path, readFlags)
  } catch (error) {
    const code = codeOf(error) ?? ''
    if (code === 'ENOENT') return 'gone'
    if (notAFileCodes.includes(code)) return 'damaged'
    throw error
  }
  try {
    const found = await file.stat({ bigint: true })
    if (!found.isFile() || found.size === 0n || found.size > maxStateBytes) return 'damaged'
    const state = decodeState(key, await readText(file, Number(found.size)))
    return state === undefined ? 'damaged' : { state, mark: markOf(found) }
  } finally {
    await file.close()
  }
}

/** Writes a new file that only we can read, and flushes it. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.chmod(0o600)
    await file.writeFile(text)
    await file.sync()
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
