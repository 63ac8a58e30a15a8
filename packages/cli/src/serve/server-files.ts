import { readFile } from 'node:fs/promises'
import { ConfigError } from '@lingpai/core'
import type { TlsFiles } from '@lingpai/server'
import type { ServerConfiguration } from '../configuration/configuration.js'

/** Reads certificate and key. @throws ConfigError naming the file that cannot be read */
export async function readTlsFiles({ cert, key }: NonNullable<ServerConfiguration['tls']>): Promise<TlsFiles> {
  const [certText, keyText] = await Promise.all([read(cert, 'tls.cert'), read(key, 'tls.key')])
  return { cert: certText, key: keyText }
}

async function read(path: string, field: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    throw new ConfigError(`${path} cannot be read (${code})`, { field: `server.${field}`, problem: 'missing' })
  }
}
