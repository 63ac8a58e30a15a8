import {
  ConfigError,
  TokenManager,
  type IAccessTokenCache,
  type Logger,
  type SourceOptions,
  type TokenSource,
} from '@lingpai/core'
import { askSecret, canAsk } from './ask-secret.js'
import { openCache } from './caches.js'
import type { CommandIo } from './command-io.js'
import { envExample } from './configuration/accounts-from-env.js'
import type { Configuration, ConfiguredAccount } from './configuration/configuration.js'
import { knownProviders, namesFromEnv } from './known-providers.js'
import type { Output } from './output.js'
import { readSecret, type FoundSecret } from './read-secret.js'

/** What the argument `<account>` can be, for help texts. */
export const accountArgument = `name in lingpai.yaml, or ${new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(namesFromEnv)} from the environment`

/** The token manager of one run. */
export interface OpenedAccounts {
  readonly cache: IAccessTokenCache
  /** Returns the source of an account; its secret is hidden from all output. */
  source(account: ConfiguredAccount, secret: FoundSecret, options?: SourceOptions): TokenSource
  close(): Promise<void>
}

/**
 * Opens cache and manager. A failing cache is reported once on standard error; tokens are then requested without it.
 *
 * @throws ConfigError for a cache that cannot be opened
 */
export async function openAccounts(
  configuration: Configuration,
  { io, output, fetch = io.fetch, onCacheFailure, warn }: OpenAccountsOptions,
): Promise<OpenedAccounts> {
  const { timeoutMs, language } = configuration
  const cache = await openCache(configuration.cache, { io, output, ...(warn && { warn }) })
  let hasFailed = false
  const manager = new TokenManager({
    cache,
    fetch,
    clock: io.clock,
    // Without a logger, the manager would add a warning of the process.
    logger: silent,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(language !== undefined && { language }),
    hooks: {
      'cache-failed': ({ error }) => {
        if (!hasFailed)
          (onCacheFailure ?? warn ?? output.warn)(
            `the cache ${configuration.cache.shown} is failing: ${error.hint ?? error.message}`,
          )
        hasFailed = true
      },
    },
  })
  return {
    cache,
    source: ({ provider, ids, secretField }, { value }, options) => {
      output.hide(value)
      return manager.source(provider, { ...ids, [secretField]: value }, options)
    },
    close: async () => {
      await manager.close()
      await cache.close?.()
    },
  }
}

const nothing = (): void => undefined
const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** Options of {@link openAccounts}. */
export interface OpenAccountsOptions {
  readonly io: CommandIo
  readonly output: Output
  /** @default io.fetch */
  readonly fetch?: typeof globalThis.fetch
  /** @default a warning on standard error */
  readonly onCacheFailure?: (text: string) => void
  /** Called with a warning about a secret file that others can read. @default a warning on standard error */
  readonly warn?: (text: string) => void
}

/** Returns the account of a name. @throws ConfigError with the names of all accounts, or with how to configure one */
export function accountNamed({ accounts, misconfigured, path }: Configuration, name: string): ConfiguredAccount {
  const lacking = misconfigured.find((candidate) => candidate.name === name)
  if (lacking !== undefined) throw lacking.error
  const account = accounts.find((candidate) => candidate.name === name)
  if (account !== undefined) return account
  const place = path ?? 'the environment'
  const known = accounts.map((candidate) => candidate.name).join(', ')
  throw new ConfigError(
    known === ''
      ? `no account ${name}: found no lingpai.yaml, and the environment configures no account`
      : `no account ${name} in ${place}; the accounts are: ${known}`,
    { field: 'account', problem: 'unknown' },
    { hint: known === '' ? howToBegin(name) : 'lingpai status lists all accounts.' },
  )
}

/** Returns all accounts or the named one. @throws ConfigError if there are none */
export function accountsNamed(configuration: Configuration, name: string | undefined): readonly ConfiguredAccount[] {
  if (name !== undefined) return [accountNamed(configuration, name)]
  const [lacking] = configuration.misconfigured
  if (configuration.accounts.length === 0 && lacking !== undefined) throw lacking.error
  if (configuration.accounts.length > 0) return configuration.accounts
  throw new ConfigError(
    'no accounts: found no lingpai.yaml, and the environment configures no account',
    { field: 'accounts', problem: 'missing' },
    { hint: howToBegin('qq-bot') },
  )
}

/** Returns the secret of an account. If none is set and there is a terminal, asks the user. */
export async function secretOf(account: ConfiguredAccount, io: CommandIo): Promise<FoundSecret> {
  try {
    return await readSecret(account, io)
  } catch (error) {
    const { details } = error as Partial<ConfigError>
    if (details?.problem !== 'missing' || !canAsk(io)) throw error
    return { value: await askSecret(io, `${account.secretField} of ${account.name}`), from: 'the terminal' }
  }
}

function howToBegin(name: string): string {
  const { provider } =
    name in knownProviders ? knownProviders[name as keyof typeof knownProviders] : knownProviders['qq-bot']
  return `export ${envExample(provider)}, or create a file: lingpai init`
}
