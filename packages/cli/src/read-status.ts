import { isLingpaiError, type ConfigError, type SourceStatus, type TokenSource } from '@lingpai/core'
import type { CommandIo } from './command-io.js'
import type { ConfiguredAccount } from './configuration/configuration.js'
import type { OpenedAccounts } from './open-accounts.js'
import { readSecret } from './read-secret.js'

/** The status of an account in the shared cache, or why it is unknown. */
export type AccountStatus =
  | { readonly account: ConfiguredAccount; readonly status: SourceStatus }
  | {
      readonly account: Pick<ConfiguredAccount, 'name' | 'providerName'>
      readonly problem: string
      readonly hint?: string
    }

/** Reads the cache and sends no request to a platform. */
export async function readStatus(
  account: ConfiguredAccount,
  accounts: OpenedAccounts,
  io: CommandIo,
): Promise<AccountStatus> {
  try {
    // The secret is needed because its fingerprint is a part of the cache key.
    const source = accounts.source(account, await readSecret(account, io), { readonly: true })
    return { account, status: await statusFromCache(source) }
  } catch (error) {
    if (!isLingpaiError(error) || error.code !== 'ERR_LINGPAI_CONFIG') throw error
    return { account, ...problemOf(error) }
  }
}

/** Returns the problem of an account's configuration. */
export function problemOf({ message, hint }: ConfigError): { readonly problem: string; readonly hint?: string } {
  return { problem: message, ...(hint !== undefined && { hint }) }
}

/** Returns the status of a read-only source after it has read the cache. */
export async function statusFromCache(source: TokenSource): Promise<SourceStatus> {
  try {
    await source.getRecord()
  } catch (error) {
    // The status tells whether a usable token is missing or the last refresh failed.
    if (!isLingpaiError(error) || error.code === 'ERR_LINGPAI_CONFIG') throw error
  }
  return source.status()
}
