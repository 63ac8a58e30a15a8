import { ConfigError } from '@lingpai/core'
import type { ConfiguredAccount } from './configuration/configuration.js'
import { knownProviders } from './known-providers.js'

/** Names and values of environment variables. */
export type Variables = Readonly<Record<string, string>>

/**
 * The environment variables of an account's token: one that is named after the account, and those that the platform's own tools read.
 *
 * @param all the accounts whose tokens are given together: two of one platform cannot both be what its tools read
 * @throws ConfigError if the first one is that of another account, too
 */
export function tokenVariables(
  account: ConfiguredAccount,
  all: readonly ConfiguredAccount[] = [account],
): readonly string[] {
  const own = ownVariable(account)
  const other = all.find((candidate) => candidate.name !== account.name && ownVariable(candidate) === own)
  if (other === undefined) return [own, ...toolVariables(account, all).token]
  throw new ConfigError(
    `the variable ${own} stands for ${account.name} and ${other.name}`,
    { field: 'accounts', problem: 'conflict' },
    { hint: 'Give their tokens one at a time, or rename one of the accounts.' },
  )
}

/** The variables of public credentials that the platform's own tools need beside the token. */
export function idVariables(account: ConfiguredAccount, all: readonly ConfiguredAccount[] = [account]): Variables {
  const named = Object.entries(toolVariables(account, all).ids)
  return Object.fromEntries(
    named.flatMap(([field, variables = []]) => variables.map((variable) => [variable, account.ids[field] ?? ''])),
  )
}

function ownVariable({ name }: ConfiguredAccount): string {
  const own = `${name.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase()}_ACCESS_TOKEN`
  return /^\d/.test(own) ? `_${own}` : own
}

/** The variables that tools read, if only this account has them. */
function toolVariables(
  account: ConfiguredAccount,
  all: readonly ConfiguredAccount[],
): { readonly token: readonly string[]; readonly ids: Readonly<Record<string, readonly string[] | undefined>> } {
  const { token = [], ids = {} } = knownProviders[account.providerName].toolEnv ?? {}
  const isShared = all.some(
    (other) =>
      other.name !== account.name &&
      knownProviders[other.providerName].toolEnv?.token.some((variable) => token.includes(variable)) === true,
  )
  return isShared ? { token: [], ids: {} } : { token, ids }
}
