import { open } from 'node:fs/promises'
import { ConfigError } from '@lingpai/core'
import { exposureOf, type Exposure } from '@lingpai/core/internal'

/** The content of a file with a secret. */
export interface PrivateFile {
  readonly bytes: Buffer
  /** Who else can read the file; absent if no other user can. */
  readonly exposure?: Exposure
}

/** Options of {@link readPrivateFile}. */
export interface PrivateFileOptions {
  /** Owner of the file in errors, such as `shop` or `server`. */
  readonly owner: string
  /** The option or variable that names the file. */
  readonly field: string
  /** Whether a file that every user of this host can read is accepted. */
  readonly allowWorldReadable: boolean
}

/** A larger file does not contain a secret: the path is wrong. */
const largestBytes = 64 * 1024

/**
 * Reads a file with a secret.
 *
 * @throws ConfigError, also for a file that every user can read. Quotes the path only of an existing file, because a secret may
 * have been pasted instead of a path.
 */
export async function readPrivateFile(path: string, options: PrivateFileOptions): Promise<PrivateFile> {
  const { owner, field } = options
  const problem = (text: string, hint: string): ConfigError =>
    new ConfigError(`${owner}: ${text}`, { field, problem: 'malformed' }, { hint })
  try {
    const file = await open(path, 'r')
    try {
      const stats = await file.stat()
      const { mode, size } = stats
      // The mode of a directory says nothing about a secret, and must not be changed for it.
      if (stats.isDirectory()) throw problem(`${path} is not a file`, `"${field}" must be the path of a file.`)
      if (size > largestBytes) throw problem(`${path} is too large to be a secret`, `Check ${field}.`)
      const exposure = exposureOf({ path, mode }, options)
      return { bytes: await file.readFile(), ...(exposure && { exposure }) }
    } finally {
      await file.close()
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined || code.startsWith('ERR_LINGPAI')) throw error
    throw problem(
      `the file that "${field}" names cannot be read (${code})`,
      `"${field}" must be the path of a file, not its content.`,
    )
  }
}
