import { readFile } from 'node:fs/promises'
import { ConfigError } from '@lingpai/core'
import type { TlsFiles } from '@lingpai/server'
import type { ServerConfiguration } from '../configuration/configuration.js'
import { looseness, readPrivateFile } from '../private-file.js'

/** What serving reads beside the accounts; what is wrong with a file and can be served with is told. */
export interface ServerFiles {
  readonly tls?: TlsFiles
  readonly sessionKey?: Buffer
}

/** Reads the files that `server:` names. @throws ConfigError naming the one that cannot be read */
export async function readServerFiles(
  { tls, sessionKeyFile }: Pick<ServerConfiguration, 'tls' | 'sessionKeyFile'>,
  warn: (text: string) => void,
): Promise<ServerFiles> {
  const sessionKey = sessionKeyFile === undefined ? undefined : await readOwn(sessionKeyFile, 'sessionKeyFile', warn)
  return { ...(tls && { tls: await readTlsFiles(tls, warn) }), ...(sessionKey && { sessionKey }) }
}

/** Reads certificate and key. @throws ConfigError naming the file that cannot be read */
export async function readTlsFiles(
  { cert, key }: NonNullable<ServerConfiguration['tls']>,
  warn: (text: string) => void,
): Promise<TlsFiles> {
  const [certText, keyText] = await Promise.all([readCertificate(cert), readOwn(key, 'tls.key', warn)])
  return { cert: certText, key: keyText }
}

async function readOwn(path: string, field: string, warn: (text: string) => void): Promise<Buffer> {
  const { bytes, mode } = await readPrivateFile(path, { owner: 'server', field: `server.${field}` })
  const problem = looseness({ path, mode })
  if (problem !== undefined) warn(`${problem}; chmod 600 it`)
  return bytes
}

async function readCertificate(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    // A certificate is public, but PEM text in the place of its path may be the key.
    const file = path.includes('-----BEGIN') ? 'the file that "server.tls.cert" names' : path
    throw new ConfigError(`${file} cannot be read (${code})`, { field: 'server.tls.cert', problem: 'missing' })
  }
}
