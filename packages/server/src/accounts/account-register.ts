import { ConfigError } from '@lingpai/core'
import type { ServedAccount } from './served-account.js'

/** The accounts that a server serves. They can be replaced while it runs. */
export interface AccountRegister {
  /** Returns the account of this name, or undefined if it is not served. */
  get(name: string): ServedAccount | undefined
  /** Returns all accounts in the given order: the same array until they change, and another one after that. */
  all(): readonly ServedAccount[]
  /**
   * Replaces all accounts. An account with the same source continues without interruption.
   *
   * @throws ConfigError for an invalid or duplicate name; the previous accounts stay
   */
  replace(accounts: readonly ServedAccount[]): void
  /** Calls the listener after a replacement that changed something. @returns stops listening */
  onChange(listener: (change: AccountsChange) => void): () => void
}

/** The difference that a replacement made. */
export interface AccountsChange {
  /** Accounts that are new or have another source. */
  readonly added: readonly ServedAccount[]
  /** Accounts that are gone or have another source. */
  readonly removed: readonly ServedAccount[]
}

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,99}$/u

/**
 * Creates a register whose accounts can be replaced while the server runs.
 *
 * @throws ConfigError for an invalid or duplicate name
 *
 * @example
 * ```ts
 * import { accountRegister, type ServedAccount } from '@lingpai/server'
 *
 * declare const shop: ServedAccount
 * declare const bot: ServedAccount
 * const accounts = accountRegister([shop])
 * accounts.replace([shop, bot])
 * ```
 */
export function accountRegister(accounts: readonly ServedAccount[] = []): AccountRegister {
  let byName = mapOf(accounts)
  let all: readonly ServedAccount[] = [...byName.values()]
  const listeners = new Set<(change: AccountsChange) => void>()
  return {
    get: (name) => byName.get(name),
    all: () => all,
    replace: (next) => {
      const before = byName
      byName = mapOf(next)
      all = [...byName.values()]
      const added = all.filter(({ name, source }) => before.get(name)?.source !== source)
      const removed = [...before.values()].filter(({ name, source }) => byName.get(name)?.source !== source)
      if (added.length + removed.length === 0) return
      for (const listener of [...listeners]) listener({ added, removed })
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

function mapOf(accounts: readonly ServedAccount[]): ReadonlyMap<string, ServedAccount> {
  const byName = new Map<string, ServedAccount>()
  for (const account of accounts) {
    const { name } = account
    const problem = byName.has(name)
      ? 'must be unique'
      : namePattern.test(name)
        ? undefined
        : 'must be a letter or digit followed by up to 99 letters, digits, ".", "-" or "_"'
    if (problem !== undefined) {
      throw new ConfigError(`accounts: the name ${JSON.stringify(name)} ${problem}`, {
        field: 'accounts',
        problem: 'malformed',
      })
    }
    byName.set(name, account)
  }
  return byName
}
