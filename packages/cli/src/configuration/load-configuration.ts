import { dirname, resolve } from 'node:path'
import type { CommandIo } from '../command-io.js'
import { ConfigError } from '@lingpai/core'
import { cachePlace, defaultCachePlace, hasPassword, keysEnv } from '../caches.js'
import { providerWith, secretFieldOf } from '../known-providers.js'
import { accountsFromEnv } from './accounts-from-env.js'
import type {
  CachePlace,
  Configuration,
  ConfiguredAccount,
  EncryptionPlace,
  ServerConfiguration,
} from './configuration.js'
import type { AccountEntry, ConfigurationFile, ForwardEntry, ServerEntry } from './configuration-schema.js'
import { findConfigurationFile } from './find-configuration-file.js'
import { readConfigurationFile } from './read-configuration-file.js'
import { renewedBefore } from './renewal-for.js'

/** The options of the command line for the configuration. */
export interface LoadOptions {
  /** The path of the file. */
  readonly config?: string | undefined
  readonly allowWorldReadable?: boolean
}

/**
 * Loads the configuration from the file, or from the environment if there is none.
 *
 * @throws ConfigError with all problems of the file
 */
export async function loadConfiguration(io: CommandIo, options: LoadOptions): Promise<Configuration> {
  const path = await findConfigurationFile(io, options.config)
  if (path === undefined) {
    const { allowWorldReadable = false } = options
    return {
      allowWorldReadable,
      cache: { ...cacheOf({}, io.cwd, io), allowWorldReadable },
      server: serverOf({}, io.cwd),
      ...accountsFromEnv(io.env, allowWorldReadable),
    }
  }
  const file = await readConfigurationFile(path)
  const { accounts, server, timeoutMs, language } = file
  if (file.cache !== undefined && hasPassword(file.cache)) throw passwordInFile(`${path}: cache`)
  const home = dirname(path)
  const allowWorldReadable = options.allowWorldReadable ?? file.allowWorldReadable ?? false
  return {
    path,
    allowWorldReadable,
    cache: { ...cacheOf(file, home, io), allowWorldReadable },
    misconfigured: [],
    server: serverOf(server, home),
    accounts: Object.entries(accounts).map(([name, entry]) => ({
      ...accountOf(name, entry, home),
      allowWorldReadable,
    })),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(language !== undefined && { language }),
  }
}

/** Creates the error for a password in a file. @param where its location, for people */
export function passwordInFile(where: string): ConfigError {
  return new ConfigError(
    `${where}: a password must not be in this file`,
    { field: 'cache', problem: 'conflict' },
    {
      hint: 'Set LINGPAI_CACHE_PASSWORD, or LINGPAI_CACHE_PASSWORD_FILE to the path of a file, or LINGPAI_CACHE to the whole URL.',
    },
  )
}

/** Environment variables override the file. */
function cacheOf(
  { cache, encryption }: Pick<ConfigurationFile, 'cache' | 'encryption'>,
  home: string,
  { env, cwd }: CommandIo,
): Omit<CachePlace, 'allowWorldReadable'> {
  const fromEnv = env['LINGPAI_CACHE'] ?? ''
  const fromFile = cache === undefined ? defaultCachePlace(cwd, env) : cachePlace(cache, home, env)
  const place = fromEnv === '' ? fromFile : cachePlace(fromEnv, cwd, env)
  const isInEnv = env[keysEnv] !== undefined || env[`${keysEnv}_FILE`] !== undefined
  if (!isInEnv && encryption === undefined) return place
  return {
    ...place,
    encryption: {
      readPlain: encryption?.readPlain ?? false,
      keys: isInEnv ? { kind: 'env', names: [keysEnv] } : keysOf(encryption, home),
    },
  }
}

function keysOf(
  { keysFile, keysEnv: name = keysEnv }: NonNullable<ConfigurationFile['encryption']> = {},
  home: string,
): EncryptionPlace['keys'] {
  return keysFile === undefined ? { kind: 'env', names: [name] } : { kind: 'file', path: resolve(home, keysFile) }
}

function serverOf(entry: ServerEntry = {}, home: string): ServerConfiguration {
  const { host = '127.0.0.1', port = 4180, tls, keysFile = 'lingpai-keys.json', rateLimit } = entry
  const { trustProxy = false, metrics = true, page = true, logLevel = 'info' } = entry
  const { allowPlainHttp = false, sessionKeyFile, forward = false } = entry
  return {
    host,
    port,
    keysFile: resolve(home, keysFile),
    trustProxy,
    metrics,
    forward: typeof forward === 'boolean' ? forward : forwardOf(forward),
    page,
    logLevel,
    allowPlainHttp,
    ...(sessionKeyFile !== undefined && { sessionKeyFile: resolve(home, sessionKeyFile) }),
    ...(tls && { tls: { cert: resolve(home, tls.cert), key: resolve(home, tls.key) } }),
    ...(rateLimit !== undefined && { rateLimit }),
  }
}

function forwardOf({
  largestReplayBytes,
  timeoutSeconds,
  uploadSeconds,
}: ForwardEntry): ServerConfiguration['forward'] {
  return {
    ...(largestReplayBytes !== undefined && { largestReplayBytes }),
    ...(timeoutSeconds !== undefined && { timeoutMs: timeoutSeconds * 1000 }),
    ...(uploadSeconds !== undefined && { uploadMs: uploadSeconds * 1000 }),
  }
}

function accountOf(name: string, entry: AccountEntry, home: string): Omit<ConfiguredAccount, 'allowWorldReadable'> {
  const provider = providerWith(entry.provider, (setting) => entry[setting])
  const { baseUrl, apiBaseUrl, secretEnv, secretFile, minLifeSeconds } = entry
  const overrides = { ...(baseUrl !== undefined && { baseUrl }), ...(apiBaseUrl !== undefined && { apiBaseUrl }) }
  const placed = Object.keys(overrides).length === 0 ? provider : provider.extend(overrides)
  return {
    name,
    providerName: entry.provider,
    overrides,
    provider: (minLifeSeconds === undefined ? undefined : renewedBefore(placed, minLifeSeconds)) ?? placed,
    ...(minLifeSeconds !== undefined && { minLifeSeconds }),
    ids: Object.fromEntries(provider.spec.account.map((field) => [field, String(entry[field])])),
    secretField: secretFieldOf(provider),
    secret:
      secretFile === undefined
        ? { kind: 'env', names: [secretEnv ?? ''] }
        : { kind: 'file', path: resolve(home, secretFile) },
  }
}
