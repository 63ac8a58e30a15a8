import { isLingpaiError } from '@lingpai/core'
import type { CommandIo } from '../command-io.js'
import {
  knownProviders,
  providerNames,
  providerWith,
  secretFieldOf,
  type AnyProvider,
  type ProviderName,
} from '../known-providers.js'
import type { Configuration, ConfiguredAccount, MisconfiguredAccount } from './configuration.js'

/** Returns the accounts that environment variables define, named after their provider: `QQ_BOT_APP_ID` defines `qq-bot`. */
export function accountsFromEnv(
  env: CommandIo['env'],
  allowWorldReadable: boolean,
): Pick<Configuration, 'accounts' | 'misconfigured'> {
  const accounts: ConfiguredAccount[] = []
  const misconfigured: MisconfiguredAccount[] = []
  for (const name of providerNames) {
    const { provider, isFromEnv } = knownProviders[name]
    if (!isFromEnv || !isNamed(provider, env)) continue
    try {
      accounts.push({ ...accountOf(name, env), allowWorldReadable })
    } catch (error) {
      if (!isLingpaiError(error) || error.code !== 'ERR_LINGPAI_CONFIG') throw error
      misconfigured.push({ name, error })
    }
  }
  return { accounts, misconfigured }
}

function accountOf(name: ProviderName, env: CommandIo['env']): Omit<ConfiguredAccount, 'allowWorldReadable'> {
  const { baseUrlEnv = '' } = knownProviders[name]
  const provider = providerWith(name, (_, variable) => env[variable])
  const secretField = secretFieldOf(provider)
  const baseUrl = env[baseUrlEnv] ?? ''
  return {
    name,
    providerName: name,
    overrides: baseUrl === '' ? {} : { baseUrl },
    provider: baseUrl === '' ? provider : provider.extend({ baseUrl }),
    ids: idsOf(provider, secretField, env),
    secretField,
    secret: { kind: 'env', names: provider.spec.env?.[secretField] ?? [] },
  }
}

function isNamed({ spec }: AnyProvider, env: CommandIo['env']): boolean {
  const names = [...spec.account, ...spec.secrets].flatMap((field) => spec.env?.[field] ?? [])
  return names.some((name) => env[name] !== undefined || env[`${name}_FILE`] !== undefined)
}

/** The provider reads its own variables. The secret is replaced here, because it is read later when it is needed. */
function idsOf(provider: AnyProvider, secretField: string, env: CommandIo['env']): Readonly<Record<string, string>> {
  const names = provider.spec.env?.[secretField] ?? []
  const read = provider.credentialsFromEnv({ ...env, ...Object.fromEntries(names.map((name) => [name, '-'])) })
  return Object.fromEntries(provider.spec.account.map((field) => [field, read[field] ?? '']))
}

/** Returns the variables that define an account of the provider, for hints. */
export function envExample(provider: AnyProvider): string {
  const { spec } = provider
  return [...spec.account, ...spec.secrets].map((field) => `${spec.env?.[field]?.[0] ?? field}=…`).join(' ')
}
