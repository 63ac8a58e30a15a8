import { dirname, resolve } from 'node:path'
import type { CommandIo } from '../command-io.js'
import { defaultCacheUrl, normalCacheUrl } from '../caches.js'
import { knownProviders, secretFieldOf } from '../known-providers.js'
import { accountsFromEnv } from './accounts-from-env.js'
import type { Configuration, ConfiguredAccount } from './configuration.js'
import type { AccountEntry } from './configuration-schema.js'
import { findConfigurationFile } from './find-configuration-file.js'
import { readConfigurationFile } from './read-configuration-file.js'

/**
 * The configuration: the file where there is one, else what the environment names.
 *
 * @param named the file that the user named
 * @throws ConfigError with all problems of the file
 */
export async function loadConfiguration(io: CommandIo, named?: string): Promise<Configuration> {
  const path = await findConfigurationFile(io, named)
  const fromEnv = io.env['LINGPAI_CACHE']
  const overriding = fromEnv === undefined || fromEnv === '' ? undefined : normalCacheUrl(fromEnv, io.cwd, io.env)
  if (path === undefined) {
    return { cacheUrl: overriding ?? defaultCacheUrl(io.env), ...accountsFromEnv(io.env) }
  }
  const { cache, accounts, timeoutMs, language } = await readConfigurationFile(path)
  const home = dirname(path)
  const ownCache = cache === undefined ? defaultCacheUrl(io.env) : normalCacheUrl(cache, home, io.env)
  return {
    path,
    cacheUrl: overriding ?? ownCache,
    misconfigured: [],
    accounts: Object.entries(accounts).map(([name, entry]) => accountOf(name, entry, home)),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(language !== undefined && { language }),
  }
}

function accountOf(name: string, entry: AccountEntry, home: string): ConfiguredAccount {
  const { provider } = knownProviders[entry.provider]
  const { baseUrl, apiBaseUrl, secretEnv, secretFile } = entry
  const overrides = { ...(baseUrl !== undefined && { baseUrl }), ...(apiBaseUrl !== undefined && { apiBaseUrl }) }
  return {
    name,
    providerName: entry.provider,
    provider: Object.keys(overrides).length === 0 ? provider : provider.extend(overrides),
    ids: Object.fromEntries(provider.spec.account.map((field) => [field, String(entry[field])])),
    secretField: secretFieldOf(provider),
    secret:
      secretFile === undefined
        ? { kind: 'env', names: [secretEnv ?? ''] }
        : { kind: 'file', path: resolve(home, secretFile) },
  }
}
