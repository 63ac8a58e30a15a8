import { isLingpaiError, type ConfigError, type SourceStatus, type TokenSource } from '@lingpai/core'
import type { CommandIo } from './command-io.js'
import type { ConfiguredAccount } from './configuration/configuration.js'
import type { OpenedAccounts } from './open-accounts.js'
import { readSecret } from './read-secret.js'

/** Where an account stands in the shared cache; or why that cannot be told. */
export type AccountStatus =
  | { readonly account: ConfiguredAccount; readonly status: SourceStatus }
  | {
      readonly account: Pick<ConfiguredAccount, 'name' | 'providerName'>
      readonly problem: string
      readonly hint?: string
    }

/** Reads the cache, and asks no platform. */
export async function readStatus(
  account: ConfiguredAccount,
  accounts: OpenedAccounts,
  io: CommandIo,
): Promise<AccountStatus> {
  try {
    // Another secret is another record: the key holds its fingerprint.
    const source = accounts.source(account, await readSecret(account, io), { readonly: true })
    return { account, status: await statusFromCache(source) }
  } catch (error) {
    if (!isLingpaiError(error) || error.code !== 'ERR_LINGPAI_CONFIG') throw error
    return { account, ...problemOf(error) }
  }
}

/** What is wrong with the configuration of an account. */
export function problemOf({ message, hint }: ConfigError): { readonly problem: string; readonly hint?: string } {
  return { problem: message, ...(hint !== undefined && { hint }) }
}

/** The status of a read-only source, once it has looked at the cache. */
export async function statusFromCache(source: TokenSource): Promise<SourceStatus> {
  try {
    await source.getRecord()
  } catch (error) {
    // No usable token, or the platform's last refusal: the status says so.
    if (!isLingpaiError(error) || error.code === 'ERR_LINGPAI_CONFIG') throw error
  }
  return source.status()
}
