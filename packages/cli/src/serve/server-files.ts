import { readFile } from 'node:fs/promises'
import { ConfigError } from '@lingpai/core'
import type { TlsFiles } from '@lingpai/server'
import type { ServerConfiguration } from '../configuration/configuration.js'
import { readPrivateFile } from '../private-file.js'

/** Options for reading the files of a server. */
export interface ServerFilesOptions {
  readonly allowWorldReadable: boolean
  /** Called with a warning about a file that others can read. */
  readonly warn: (text: string) => void
}

/** Files of a server besides the configuration. */
export interface ServerFiles {
  readonly tls?: TlsFiles
  readonly sessionKey?: Buffer
}

/** Reads the files that `server:` names. @throws ConfigError with the name of an unreadable file */
export async function readServerFiles(
  { tls, sessionKeyFile }: Pick<ServerConfiguration, 'tls' | 'sessionKeyFile'>,
  options: ServerFilesOptions,
): Promise<ServerFiles> {
  const sessionKey = sessionKeyFile === undefined ? undefined : await readOwn(sessionKeyFile, 'sessionKeyFile', options)
  return { ...(tls && { tls: await readTlsFiles(tls, options) }), ...(sessionKey && { sessionKey }) }
}

/** Reads certificate and key. @throws ConfigError with the name of an unreadable file */
export async function readTlsFiles(
  { cert, key }: NonNullable<ServerConfiguration['tls']>,
  options: ServerFilesOptions,
): Promise<TlsFiles> {
  const [certText, keyText] = await Promise.all([readCertificate(cert), readOwn(key, 'tls.key', options)])
  return { cert: certText, key: keyText }
}

async function readOwn(path: string, field: string, { allowWorldReadable, warn }: ServerFilesOptions): Promise<Buffer> {
  const { bytes, exposure } = await readPrivateFile(path, {
    owner: 'server',
    field: `server.${field}`,
    allowWorldReadable,
  })
  if (exposure !== undefined) warn(`${exposure.text}; ${exposure.action}`)
  return bytes
}

async function readCertificate(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    // A certificate is public, but PEM text instead of its path may be the key.
    const file = path.includes('-----BEGIN') ? 'the file that "server.tls.cert" names' : path
    throw new ConfigError(`${file} cannot be read (${code})`, { field: 'server.tls.cert', problem: 'missing' })
  }
}
