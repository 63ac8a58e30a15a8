import type { ConfiguredAccount } from './configuration/configuration.js'
import { knownProviders } from './known-providers.js'

/**
 * The environment variables of an account's token: one that is named after the account, and those that the platform's own tools read.
 *
 * @param all the accounts whose tokens are given together: two of one platform cannot both be what its tools read
 */
export function tokenVariables(
  { name, providerName }: ConfiguredAccount,
  all: readonly ConfiguredAccount[],
): readonly string[] {
  const isAlone = all.filter((other) => other.providerName === providerName).length === 1
  const own = `${name.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase()}_ACCESS_TOKEN`
  const ofTools = isAlone ? (knownProviders[providerName].toolEnv?.token ?? []) : []
  return [/^\d/.test(own) ? `_${own}` : own, ...ofTools]
}

/** The variables of public credentials that the platform's own tools need beside the token. */
export function idVariables({ providerName, ids }: ConfiguredAccount): Readonly<Record<string, string>> {
  const named = Object.entries(knownProviders[providerName].toolEnv?.ids ?? {})
  return Object.fromEntries(
    named.flatMap(([field, variables = []]) => variables.map((variable) => [variable, ids[field] ?? ''])),
  )
}
