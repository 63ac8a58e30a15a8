import { open } from 'node:fs/promises'
import { ConfigError } from '@lingpai/core'

/** A file that holds something secret. */
export interface PrivateFile {
  readonly bytes: Buffer
  /** Permission bits. */
  readonly mode: number
}

/** How a private file is named in errors. */
export interface PrivateFileWords {
  /** `shop`, `server`: whose file it is. */
  readonly owner: string
  /** The option or variable that names the file. */
  readonly field: string
}

/** Nothing secret is of this size: the wrong file was named. */
const largestBytes = 64 * 1024

/**
 * Reads a file that holds something secret.
 *
 * @throws ConfigError; it quotes the path only of a file that is there: a secret may have been pasted in its place
 */
export async function readPrivateFile(path: string, { owner, field }: PrivateFileWords): Promise<PrivateFile> {
  const problem = (text: string, hint: string): ConfigError =>
    new ConfigError(`${owner}: ${text}`, { field, problem: 'malformed' }, { hint })
  try {
    const file = await open(path, 'r')
    try {
      const { mode, size } = await file.stat()
      if (size > largestBytes) throw problem(`${path} is too large to be a secret`, `Check ${field}.`)
      return { bytes: await file.readFile(), mode: mode & 0o777 }
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

/** That others can read a private file; `undefined` where they cannot, or the system does not say. */
export function looseness({ path, mode }: { readonly path: string; readonly mode: number }): string | undefined {
  if (process.platform === 'win32' || (mode & 0o077) === 0) return undefined
  return `${path} can be read by ${(mode & 0o007) === 0 ? 'its group' : 'everybody'} (${mode.toString(8).padStart(4, '0')})`
}
