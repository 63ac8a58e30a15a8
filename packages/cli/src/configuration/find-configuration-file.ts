import { lstat, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { ConfigError } from '@lingpai/core'
import type { CommandIo } from '../command-io.js'

/** The name that is looked for. */
export const configurationFileName = 'lingpai.yaml'

/**
 * The configuration file: the named one, else `LINGPAI_CONFIG`, else the first `lingpai.yaml` from the working directory
 * upward; `undefined` when there is none.
 *
 * @throws ConfigError for a file that belongs to another user, and was not named: it could send our secrets anywhere.
 */
export async function findConfigurationFile(
  { cwd, env }: Pick<CommandIo, 'cwd' | 'env'>,
  named: string | undefined,
): Promise<string | undefined> {
  const chosen = named ?? env['LINGPAI_CONFIG']
  if (chosen !== undefined && chosen !== '') return resolve(cwd, chosen)
  for (let directory = cwd; ; directory = dirname(directory)) {
    const path = join(directory, configurationFileName)
    const owners = await ownersOf(path)
    if (owners.length > 0) {
      if (!owners.every(mayTrust)) throw foreign(path)
      return path
    }
    if (dirname(directory) === directory) return undefined
  }
}

/** Of the file, and of the link that leads to it; none where there is no file. */
async function ownersOf(path: string): Promise<readonly number[]> {
  const found = await Promise.all([stat(path), lstat(path)]).catch(() => [])
  return found.map(({ uid }) => uid)
}

/** Ours, or the system's. */
function mayTrust(owner: number): boolean {
  const own = process.getuid?.()
  return own === undefined || owner === own || owner === 0
}

function foreign(path: string): ConfigError {
  return new ConfigError(
    `${path} belongs to another user and is not used`,
    { field: 'config', problem: 'conflict' },
    { hint: `If it is the one you mean, say so: --config ${path}` },
  )
}
