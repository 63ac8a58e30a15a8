import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { ConfigError } from '@lingpai/core'
import type { CommandIo } from '../command-io.js'

/** The name that is looked for. */
export const configurationFileName = 'lingpai.yaml'

/**
 * The configuration file: the named one, else `LINGPAI_CONFIG`, else the first `lingpai.yaml` from the working directory
 * upward; `undefined` when there is none.
 *
 * @throws ConfigError for a file further up that belongs to somebody else: it could send our secrets anywhere.
 */
export async function findConfigurationFile(
  { cwd, env }: Pick<CommandIo, 'cwd' | 'env'>,
  named: string | undefined,
): Promise<string | undefined> {
  const chosen = named ?? env['LINGPAI_CONFIG']
  if (chosen !== undefined && chosen !== '') return resolve(cwd, chosen)
  for (let directory = cwd; ; directory = dirname(directory)) {
    const path = join(directory, configurationFileName)
    const owner = await ownerOf(path)
    if (owner !== undefined) {
      if (directory !== cwd && !(await mayTrust(owner, cwd))) throw foreign(path)
      return path
    }
    if (dirname(directory) === directory) return undefined
  }
}

async function ownerOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found?.uid
}

/** Ours, the system's, or that of whoever owns the directory we were started in. */
async function mayTrust(owner: number, cwd: string): Promise<boolean> {
  const own = process.getuid?.()
  return own === undefined || owner === own || owner === 0 || owner === (await ownerOf(cwd))
}

function foreign(path: string): ConfigError {
  return new ConfigError(
    `${path} belongs to another user and is not used`,
    { field: 'config', problem: 'conflict' },
    { hint: `If it is the one you mean, say so: --config ${path}` },
  )
}
