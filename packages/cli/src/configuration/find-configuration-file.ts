import { lstat, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { ConfigError } from '@lingpai/core'
import type { CommandIo } from '../command-io.js'

/** The name of the configuration file. */
export const configurationFileName = 'lingpai.yaml'

/**
 * Finds the configuration file: the named one, else `LINGPAI_CONFIG`, else the first `lingpai.yaml` in the working directory and
 * its parents; `undefined` if there is none.
 *
 * @throws ConfigError for an unnamed file of another user, because it could send secrets to any host
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

/** Returns the owners of the file and of a symbolic link to it; none if it does not exist. */
async function ownersOf(path: string): Promise<readonly number[]> {
  const found = await Promise.all([stat(path), lstat(path)]).catch(() => [])
  return found.map(({ uid }) => uid)
}

/** Whether the owner is this user or the system. */
function mayTrust(owner: number): boolean {
  const own = process.getuid?.()
  return own === undefined || owner === own || owner === 0
}

function foreign(path: string): ConfigError {
  return new ConfigError(
    `${path} belongs to another user and is ignored`,
    { field: 'config', problem: 'conflict' },
    { hint: `To use it, pass --config ${path}` },
  )
}
