import assert from 'node:assert/strict'
import { isLingpaiError, type Provider } from '@lingpai/core'
import type { AddProviderCheck } from './provider-samples.js'

/** Checks `credentialsFromEnv` with an environment of its own. */
export function checkEnvironment<C>(add: AddProviderCheck, provider: Provider<C>): void {
  const { account, secrets, env = {} } = provider.spec
  const table = env as Readonly<Record<string, readonly string[] | undefined>>
  const named = [...account, ...secrets].map((field) => ({ field, names: table[field] ?? [] }))

  add('a missing environment variable is an error that names it', () => {
    const { field = '', names = [] } = named[0] ?? {}
    const error = refusalOf(provider, {})
    assert.deepEqual([error.field, error.problem], [names[0] ?? field, 'missing'])
  })

  // Without names there is nothing to read: credentialsFromEnv can only throw.
  if (named.some(({ names }) => names.length === 0)) return

  add('no environment variable stands for two credentials', () => {
    const names = named.flatMap((credential) => credential.names)
    assert.equal(new Set(names).size, names.length)
  })

  for (const { field, names } of named) {
    add(`${field} comes from each spelling of its environment variable; empty is an error of its own`, () => {
      const others = named
        .filter((other) => other.field !== field)
        .map((other) => [other.names[0] ?? '', 'other'] as const)
      for (const name of names) {
        const found = provider.credentialsFromEnv({ ...Object.fromEntries(others), [name]: ' x1 ' })
        assert.equal((found as Readonly<Record<string, string>>)[field], 'x1')
        const error = refusalOf(provider, { ...Object.fromEntries(others), [name]: '' })
        assert.deepEqual([error.field, error.problem], [name, 'empty'])
      }
    })
  }
}

function refusalOf<C>(
  provider: Provider<C>,
  env: Readonly<Record<string, string>>,
): { readonly field?: string; readonly problem?: string } {
  try {
    provider.credentialsFromEnv(env)
  } catch (error) {
    assert.ok(isLingpaiError(error) && error.code === 'ERR_LINGPAI_CONFIG', 'a ConfigError is thrown')
    return error.details
  }
  return assert.fail('nothing was thrown')
}
