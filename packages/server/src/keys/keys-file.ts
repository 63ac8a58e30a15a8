import { randomUUID } from 'node:crypto'
import { open, readFile, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ConfigError, systemClock, type Clock } from '@lingpai/core'
import { exposureOf } from '@lingpai/core/internal'
import { watchFile } from '../watch-file.js'
import type { ClientKey } from './client-key.js'
import { clientKeys, type ClientKeys } from './client-keys.js'
import { lockFile, type FileLock } from './file-lock.js'
import { decodeKeys, encodeKeys } from './keys-document.js'

/** Client keys that follow their file. */
export interface KeysFile extends ClientKeys {
  /** Reads the file now. A file that cannot be read, or is none, changes nothing and is a problem. */
  reload(): Promise<void>
  /** Ends the watching. */
  close(): void
}

/** How a keys file is followed. */
export interface KeysFileOptions {
  /** @default the clock of this machine */
  readonly clock?: Clock
  /** Whether a file that everybody on this host can read is used. @default false */
  readonly allowWorldReadable?: boolean
  /** Is told what is wrong with the file while the server runs. */
  readonly onProblem?: (problem: string) => void
  /** Is told that other keys hold now. */
  readonly onReload?: (keys: number) => void
}

/**
 * The keys of a file, for as long as the server runs: a change holds within a second.
 *
 * @throws ConfigError for a file that is there and cannot be used, or that everybody can read; one that is not there holds no keys
 */
export async function openKeysFile(path: string, options: KeysFileOptions = {}): Promise<KeysFile> {
  const { clock = systemClock, onProblem = () => undefined, onReload = () => undefined } = options
  const { allowWorldReadable = false } = options
  const read = async (): Promise<readonly ClientKey[]> => {
    const stored = await readKeysFile(path)
    // Hashes open nothing, and names of accounts and programs are still private.
    const { mode } = await stat(path).catch(() => ({ mode: 0 }))
    const exposure = exposureOf({ path, mode }, { owner: 'server', field: 'keysFile', allowWorldReadable })
    if (exposure !== undefined) onProblem(`${exposure.text}; ${exposure.action}`)
    return stored
  }
  const keys = clientKeys(await read())
  const readAgain = async (): Promise<void> => {
    try {
      keys.replace(await read())
      onReload(keys.size)
    } catch (error) {
      onProblem(`${(error as Error).message}; the keys stay as they were`)
    }
  }
  // One after the other: a slow read must not bring back what a later one has replaced, such as a key that was revoked.
  let reading = Promise.resolve()
  const reload = async (): Promise<void> => (reading = reading.then(readAgain, readAgain))
  const stop = watchFile(path, clock, () => void reload())
  // Not a spread: it would read `size` once.
  return Object.assign(Object.create(keys) as typeof keys, { reload, close: stop })
}

/** The keys of a file, the revoked ones as well; none where there is no file. @throws ConfigError */
export async function readKeysFile(path: string): Promise<readonly ClientKey[]> {
  try {
    return decodeKeys(await readFile(path, 'utf8'), path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    if (code?.startsWith('ERR_LINGPAI') === true) throw error
    throw new ConfigError(`${path} cannot be read (${code ?? 'unknown error'})`, {
      field: 'keysFile',
      problem: 'missing',
    })
  }
}

/**
 * Changes a keys file as one step: a reader sees the old or the new one, and a crash leaves one of them. A link stays, and
 * the file that it leads to is changed.
 *
 * @throws ConfigError where it cannot be read or written, or another process is changing it
 */
export async function changeKeysFile(
  path: string,
  change: (keys: readonly ClientKey[]) => readonly ClientKey[],
): Promise<void> {
  try {
    const target = await targetOf(path)
    const lock = await lockFile(target)
    if (lock === undefined) throw beingChanged(path)
    try {
      await writeWhole(target, encodeKeys(change(await readKeysFile(target))), lock)
    } finally {
      await lock.release()
    }
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    if (code.startsWith('ERR_LINGPAI')) throw error
    throw new ConfigError(`${path} cannot be written (${code})`, { field: 'keysFile', problem: 'conflict' })
  }
}

/** Where a path leads to, also where there is no file yet. */
async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    // A link that leads to a file that is still to be made.
    const linked = await readlink(path).catch(() => undefined)
    return linked === undefined ? path : targetOf(resolve(dirname(path), linked))
  }
}

async function writeWhole(path: string, text: string, lock: FileLock): Promise<void> {
  const aside = `${path}.${randomUUID()}.new`
  const file = await open(aside, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
    await file.close()
    if (!(await lock.isHeld())) throw beingChanged(path)
    await rename(aside, path)
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(aside, { force: true })
    throw error
  }
}

function beingChanged(path: string): ConfigError {
  return new ConfigError(
    `${path} is being changed by another process`,
    { field: 'keysFile', problem: 'conflict' },
    { hint: 'Try again.' },
  )
}
