import type { AccountRegister } from './account-register.js'
import type { ServedAccount } from './served-account.js'

/**
 * Finds accounts by something other than their name, so that an event or a request does not look at all of them. The index is built again
 * when the register returns another array.
 *
 * @param keysOf what an account is found by
 * @returns a look-up; it returns the accounts in the order of the register
 */
export function accountIndex<K>(
  accounts: Pick<AccountRegister, 'all'>,
  keysOf: (account: ServedAccount) => Iterable<K>,
): (key: K) => readonly ServedAccount[] {
  let indexed: readonly ServedAccount[] | undefined
  let byKey = new Map<K, ServedAccount[]>()
  return (key) => {
    const all = accounts.all()
    if (all !== indexed) {
      byKey = byKeys(all, keysOf)
      indexed = all
    }
    return byKey.get(key) ?? []
  }
}

function byKeys<K>(
  accounts: readonly ServedAccount[],
  keysOf: (account: ServedAccount) => Iterable<K>,
): Map<K, ServedAccount[]> {
  const byKey = new Map<K, ServedAccount[]>()
  for (const account of accounts) {
    for (const key of new Set(keysOf(account))) {
      const found = byKey.get(key)
      if (found === undefined) byKey.set(key, [account])
      else found.push(account)
    }
  }
  return byKey
}
