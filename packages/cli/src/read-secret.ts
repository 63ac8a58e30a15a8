import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ConfigError } from '@lingpai/core'
import type { CommandIo } from './command-io.js'
import type { ConfiguredAccount, SecretPlace } from './configuration/configuration.js'

/** A secret, and where it was found. */
export interface FoundSecret {
  readonly value: string
  /** `environment variable QQ_BOT_SECRET`, `file /run/secrets/bot`. */
  readonly from: string
  /** Permission bits of the file it was read from. */
  readonly file?: { readonly path: string; readonly mode: number }
}

/** No platform issues secrets of this size: somebody named the wrong file. */
const largestBytes = 64 * 1024

/**
 * Reads the secret of an account.
 *
 * @throws ConfigError; `details.problem` is `missing` only when nothing was set at all
 */
export async function readSecret(
  { name, secret }: Pick<ConfiguredAccount, 'name' | 'secret'>,
  { env, cwd }: Pick<CommandIo, 'env' | 'cwd'>,
): Promise<FoundSecret> {
  if (secret.kind === 'file') return fromFile(name, secret.path, 'secretFile')
  const inEnv = secret.names.find((candidate) => env[candidate] !== undefined)
  const asFile = secret.names.map((candidate) => `${candidate}_FILE`).find((candidate) => env[candidate] !== undefined)
  if (inEnv !== undefined && asFile !== undefined) {
    throw problem(name, `${inEnv} and ${asFile} are both set`, 'conflict', `Unset one of them.`)
  }
  if (asFile !== undefined) return fromFile(name, resolve(cwd, env[asFile] ?? ''), asFile)
  const value = inEnv === undefined ? undefined : env[inEnv]?.trim()
  if (inEnv === undefined || value === undefined) throw missing(name, secret)
  if (value === '') throw problem(name, `environment variable ${inEnv} is set but empty`, 'empty', wayTo(secret))
  return { value, from: `environment variable ${inEnv}` }
}

async function fromFile(name: string, path: string, field: string): Promise<FoundSecret> {
  try {
    const file = await open(path, 'r')
    try {
      const { mode, size } = await file.stat()
      if (size > largestBytes)
        throw problem(name, `${path} is too large to be a secret`, 'malformed', `Check ${field}.`)
      const value = (await file.readFile('utf8')).replace(/^\uFEFF/, '').trim()
      if (value === '') throw problem(name, `the secret file ${path} is empty`, 'empty', `Write the secret into it.`)
      return { value, from: `file ${path}`, file: { path, mode: mode & 0o777 } }
    } finally {
      await file.close()
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined || code.startsWith('ERR_LINGPAI')) throw error
    throw problem(name, `the secret file ${path} cannot be read (${code})`, 'malformed', `Check ${field}.`)
  }
}

function missing(name: string, secret: SecretPlace): ConfigError {
  const [first = '', ...others] = secret.kind === 'env' ? secret.names : []
  const also = others.length === 0 ? '' : ` (nor ${others.join(', ')})`
  return problem(name, `its secret is missing: ${first} is not set${also}`, 'missing', wayTo(secret))
}

function wayTo(secret: SecretPlace): string {
  const [first = ''] = secret.kind === 'env' ? secret.names : []
  return `Set ${first}, or ${first}_FILE to the path of a file that holds it.`
}

function problem(
  name: string,
  text: string,
  kind: 'missing' | 'empty' | 'malformed' | 'conflict',
  hint: string,
): ConfigError {
  return new ConfigError(`${name}: ${text}`, { field: 'secret', problem: kind }, { hint })
}
