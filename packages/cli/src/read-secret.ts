import { resolve } from 'node:path'
import { ConfigError } from '@lingpai/core'
import type { Exposure } from '@lingpai/core/internal'
import type { CommandIo } from './command-io.js'
import type { ConfiguredAccount, SecretPlace } from './configuration/configuration.js'
import { readPrivateFile } from './private-file.js'

/** A secret and its origin. */
export interface FoundSecret {
  readonly value: string
  /** Origin of the secret, such as `environment variable QQ_BOT_SECRET` or `file /run/secrets/bot`. */
  readonly from: string
  /** Who else can read the file of the secret; absent if no other user can. */
  readonly exposure?: Exposure
}

/**
 * Reads the secret of an account.
 *
 * @throws ConfigError; `details.problem` is `missing` only if no variable and no file is set
 */
export async function readSecret(
  account: Pick<ConfiguredAccount, 'name' | 'secret' | 'allowWorldReadable'>,
  { env, cwd }: Pick<CommandIo, 'env' | 'cwd'>,
): Promise<FoundSecret> {
  const { name, secret } = account
  if (secret.kind === 'file') return fromFile(account, secret.path, 'secretFile')
  const inEnv = secret.names.find((candidate) => env[candidate] !== undefined)
  const asFile = secret.names.map((candidate) => `${candidate}_FILE`).find((candidate) => env[candidate] !== undefined)
  if (inEnv !== undefined && asFile !== undefined) {
    throw problem(name, `${inEnv} and ${asFile} are both set`, 'conflict', `Unset one of them.`)
  }
  if (asFile !== undefined) {
    const path = env[asFile]?.trim() ?? ''
    if (path === '') throw problem(name, `environment variable ${asFile} is set but empty`, 'empty', wayTo(secret))
    return fromFile(account, resolve(cwd, path), asFile)
  }
  const value = inEnv === undefined ? undefined : env[inEnv]?.trim()
  if (inEnv === undefined || value === undefined) throw missing(name, secret)
  if (value === '') throw problem(name, `environment variable ${inEnv} is set but empty`, 'empty', wayTo(secret))
  return { value, from: `environment variable ${inEnv}` }
}

async function fromFile(
  { name, allowWorldReadable }: Pick<ConfiguredAccount, 'name' | 'allowWorldReadable'>,
  path: string,
  field: string,
): Promise<FoundSecret> {
  const { bytes, exposure } = await readPrivateFile(path, { owner: name, field, allowWorldReadable })
  const value = textOf(bytes)?.trim()
  if (value === undefined)
    throw problem(name, `the secret file ${path} is not text in UTF-8`, 'malformed', 'Save it as UTF-8.')
  if (value === '') throw problem(name, `the secret file ${path} is empty`, 'empty', `Write the secret into it.`)
  return { value, from: `file ${path}`, ...(exposure && { exposure }) }
}

/** Returns a text without its byte order mark; `undefined` if it is not UTF-8, such as the UTF-16 of some Windows tools. */
function textOf(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}

function missing(name: string, secret: SecretPlace): ConfigError {
  const [first = '', ...others] = secret.kind === 'env' ? secret.names : []
  const also = others.length === 0 ? '' : ` (nor ${others.join(', ')})`
  return problem(name, `the secret is missing: ${first} is not set${also}`, 'missing', wayTo(secret))
}

function wayTo(secret: SecretPlace): string {
  const [first = ''] = secret.kind === 'env' ? secret.names : []
  return `Set ${first}, or set ${first}_FILE to the path of a file that contains it.`
}

function problem(
  name: string,
  text: string,
  kind: 'missing' | 'empty' | 'conflict' | 'malformed',
  hint: string,
): ConfigError {
  return new ConfigError(`${name}: ${text}`, { field: 'secret', problem: kind }, { hint })
}
