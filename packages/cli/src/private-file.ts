import { open } from 'node:fs/promises'
import { ConfigError } from '@lingpai/core'
import { exposureOf, type Exposure } from '@lingpai/core/internal'

/** What stands in a file that holds something secret. */
export interface PrivateFile {
  readonly bytes: Buffer
  /** Who else can get at it; absent where nobody can. */
  readonly exposure?: Exposure
}

/** How a private file is named in errors, and what is allowed. */
export interface PrivateFileOptions {
  /** `shop`, `server`: whose file it is. */
  readonly owner: string
  /** The option or variable that names the file. */
  readonly field: string
  /** Whether a file that everybody can read is used. */
  readonly allowWorldReadable: boolean
}

/** Nothing secret is of this size: the wrong file was named. */
const largestBytes = 64 * 1024

/**
 * Reads a file that holds something secret.
 *
 * @throws ConfigError, also for a file that everybody can read; it quotes the path only of a file that is there: a secret may have
 * been pasted in its place
 */
export async function readPrivateFile(path: string, options: PrivateFileOptions): Promise<PrivateFile> {
  const { owner, field } = options
  const problem = (text: string, hint: string): ConfigError =>
    new ConfigError(`${owner}: ${text}`, { field, problem: 'malformed' }, { hint })
  try {
    const file = await open(path, 'r')
    try {
      const { mode, size } = await file.stat()
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
      `"${field}" takes the path of a file, not what stands in it.`,
    )
  }
}
