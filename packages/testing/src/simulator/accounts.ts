import { ConfigError } from '@lingpai/core'
import type { PlatformKind } from './platform.js'
import { platformKinds } from './platform-kinds.js'
import { platformNames, type PlatformName } from './platform-name.js'
import { checkedSettings, type AccountSettings, type SimAccount } from './sim-account.js'

/** Credentials of an account, as the provider of the platform takes them. */
export type SimulatedCredentials<Platform extends PlatformName> = (typeof platformKinds)[Platform]['demo']

/** An account of a platform: its credentials, and what the platform does for it. */
export type SimulatedAccount<Platform extends PlatformName> = AccountSettings & SimulatedCredentials<Platform>

/** The accounts of the platforms; without a list, a platform has one demo account, see {@link demoAccounts}. */
export type AccountsOptions = { readonly [Platform in PlatformName]?: readonly SimulatedAccount<Platform>[] }

/** Credentials of the first account of each platform, ready for `manager.source(provider, …)`. */
export type DemoAccounts = { readonly [Platform in PlatformName]: SimulatedCredentials<Platform> }

/** The default accounts. They are not real, and the secrets say so. */
export const demoAccounts: DemoAccounts = ofEachPlatform((platform) => platformKinds[platform].demo)

/** Refers to an account: by its id (`qq:102000001`), by the name of a platform with a single account, or by its credentials. */
export type AccountRef = string | Readonly<Record<string, unknown>>

/** A configured account without its token books. */
export type AccountData = Omit<SimAccount, 'books' | 'bookOf' | 'pushed' | 'tickets'>

/** Validates the accounts of the options. */
export function accountsOf(options: AccountsOptions): readonly AccountData[] {
  const accounts = platformNames.flatMap((platform) =>
    (options[platform] ?? [demoAccounts[platform]]).map((given) => accountOf(platform, { ...given })),
  )
  const seen = new Set<string>()
  for (const { id } of accounts) {
    if (seen.has(id)) throw new ConfigError(`simulator: account ${id} is a duplicate`, { problem: 'conflict' })
    seen.add(id)
  }
  return accounts
}

function accountOf(platform: PlatformName, given: Record<string, unknown>): AccountData {
  const { ids: idFields, secret: secretField }: PlatformKind = platformKinds[platform]
  for (const field of [...idFields, secretField]) {
    if (typeof given[field] !== 'string' || given[field] === '') {
      throw new ConfigError(`simulator: an account of ${platform} has no ${field}`, { field, problem: 'missing' })
    }
  }
  const ids = Object.fromEntries(idFields.map((field) => [field, given[field] as string]))
  const known = [...idFields, secretField]
  const settings = Object.fromEntries(Object.entries(given).filter(([field]) => !known.includes(field)))
  return {
    id: [platform, ...Object.values(ids)].join(':'),
    platform,
    ids,
    secret: given[secretField] as string,
    settings: checkedSettings(settings),
  }
}

/** Returns the credentials of the first account of each platform. */
export function credentialsOf(accounts: readonly AccountData[]): DemoAccounts {
  return ofEachPlatform((platform) => {
    const account = accounts.find((candidate) => candidate.platform === platform)
    return { ...account?.ids, [platformKinds[platform].secret]: account?.secret ?? '' }
  })
}

function ofEachPlatform(credentials: (platform: PlatformName) => Readonly<Record<string, string>>): DemoAccounts {
  const entries = platformNames.map((platform) => [platform, Object.freeze({ ...credentials(platform) })])
  return Object.freeze(Object.fromEntries(entries)) as DemoAccounts
}

/** @throws ConfigError if the reference matches no account, or more than one */
export function findAccount<A extends AccountData>(accounts: readonly A[], ref: AccountRef): A {
  const found = accounts.filter((account) => isMeant(account, ref))
  const [account] = found
  if (account !== undefined && found.length === 1) return account
  const problem = found.length === 0 ? 'no account' : 'more than one account'
  throw new ConfigError(`simulator: ${problem} matches ${typeof ref === 'string' ? ref : 'these credentials'}`, {
    field: 'account',
    problem: found.length === 0 ? 'unknown' : 'conflict',
  })
}

function isMeant(account: AccountData, ref: AccountRef): boolean {
  if (typeof ref === 'string') return account.id === ref || account.platform === ref
  const ownSecret: string = platformKinds[account.platform].secret
  // Some platforms have a name in common.
  const otherSecrets = platformNames.map((name) => platformKinds[name].secret).filter((field) => field !== ownSecret)
  if (otherSecrets.some((field) => field in ref)) return false
  return Object.entries(account.ids).every(([field, value]) => String(ref[field]) === value)
}
