import { ConfigError } from '@lingpai/core'
import type { ServedAccount } from './served-account.js'

/** The accounts that a server serves; they can be replaced while it runs. */
export interface AccountRegister {
  /** The account of that name, if it is served. */
  get(name: string): ServedAccount | undefined
  /** In the order they were given. */
  all(): readonly ServedAccount[]
  /**
   * Puts other accounts in the place of these. An account with the same source goes on as it was.
   *
   * @throws ConfigError for a name that is none or is given twice; the old accounts stay
   */
  replace(accounts: readonly ServedAccount[]): void
  /** Tells of a replacement that changed something. @returns Ends the listening. */
  onChange(listener: (change: AccountsChange) => void): () => void
}

/** What a replacement brought. */
export interface AccountsChange {
  /** New, or with another source. */
  readonly added: readonly ServedAccount[]
  /** Gone, or with another source now. */
  readonly removed: readonly ServedAccount[]
}

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,99}$/u

/** A register of these accounts. @throws ConfigError for a name that is none or is given twice */
export function accountRegister(accounts: readonly ServedAccount[] = []): AccountRegister {
  let byName = mapOf(accounts)
  const listeners = new Set<(change: AccountsChange) => void>()
  return {
    get: (name) => byName.get(name),
    all: () => [...byName.values()],
    replace: (next) => {
      const before = byName
      byName = mapOf(next)
      const added = [...byName.values()].filter(({ name, source }) => before.get(name)?.source !== source)
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
    const problem = byName.has(name) ? 'is given twice' : namePattern.test(name) ? undefined : 'is no name'
    if (problem !== undefined) {
      throw new ConfigError(`the account ${JSON.stringify(name)} ${problem}`, {
        field: 'accounts',
        problem: 'malformed',
      })
    }
    byName.set(name, account)
  }
  return byName
}
