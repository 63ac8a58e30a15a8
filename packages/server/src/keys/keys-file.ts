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
  /** Reads the file now. An unreadable or malformed file is reported as a problem, and the previous keys stay. */
  reload(): Promise<void>
  /** Stops watching. */
  close(): void
}

/** Options of {@link openKeysFile}. */
export interface KeysFileOptions {
  /** @default the clock of this machine */
  readonly clock?: Clock
  /** Whether to accept a file that every user of this host can read. @default false */
  readonly allowWorldReadable?: boolean
  /** Called when a problem with the file is found while the server runs. */
  readonly onProblem?: (problem: string) => void
  /** Called after the keys were replaced, with their number. */
  readonly onReload?: (keys: number) => void
}

/**
 * Opens a keys file and follows its changes within a second.
 *
 * @throws ConfigError for a malformed file or one that every user can read; a missing file holds no keys
 *
 * @example
 * ```ts
 * import { openKeysFile } from '@lingpai/server'
 *
 * const keys = await openKeysFile('keys.json', { onProblem: (problem) => process.emitWarning(problem) })
 * process.stdout.write(`${keys.size} client keys\n`)
 * ```
 */
export async function openKeysFile(path: string, options: KeysFileOptions = {}): Promise<KeysFile> {
  const { clock = systemClock, onProblem = () => undefined, onReload = () => undefined } = options
  const { allowWorldReadable = false } = options
  const read = async (): Promise<readonly ClientKey[]> => {
    const stored = await readKeysFile(path)
    // The file contains no secrets, but names of accounts and programs are still private.
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
      onProblem(`${(error as Error).message}; the previous keys stay in use`)
    }
  }
  // One read after another: a slow read must not restore what a later one has replaced, such as a revoked key.
  let reading = Promise.resolve()
  const reload = async (): Promise<void> => (reading = reading.then(readAgain, readAgain))
  const stop = watchFile(path, clock, () => void reload())
  // A spread would copy the current value of `size`.
  return Object.assign(Object.create(keys) as typeof keys, { reload, close: stop })
}

/**
 * Reads a keys file, including revoked keys. A missing file holds no keys.
 *
 * @throws ConfigError if the file cannot be read or is malformed
 *
 * @example
 * ```ts
 * import { readKeysFile } from '@lingpai/server'
 *
 * const valid = (await readKeysFile('keys.json')).filter(({ revokedAt }) => revokedAt === undefined)
 * process.stdout.write(`${valid.map(({ name }) => name).join(', ')}\n`)
 * ```
 */
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
 * Changes a keys file atomically: a reader, or a crash, sees the old or the new file. If the path is a symbolic link, its target is
 * changed.
 *
 * @throws ConfigError if the file cannot be read or written, or another process is changing it
 *
 * @example
 * ```ts
 * import { changeKeysFile, createClientKey } from '@lingpai/server'
 *
 * const { text, key } = createClientKey({ name: 'shop', role: 'reader', accounts: '*' }, Date.now())
 * await changeKeysFile('keys.json', (keys) => [...keys, key])
 * process.stdout.write(`${text}\n`)
 * ```
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

/** Resolves symbolic links, even if the target does not exist yet. */
async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    // A link whose target does not exist yet.
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
