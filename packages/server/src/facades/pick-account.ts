import type { Caller } from '../auth/caller.js'
import type { ServedAccount } from '../accounts/served-account.js'
import type { FacadePlatform } from './facade-platform.js'
import { FacadeError } from './facade-error.js'
import { stranger } from './to-facade-error.js'

/** The account that a facade client asks for. */
export interface WantedAccount {
  /** The ids in the request, by the provider's names for them. */
  readonly ids: Readonly<Record<string, string>>
  /** The account's name in the server's configuration, if the client adds it to its key: `lpk_…@shop`. */
  readonly name?: string | undefined
  /** Accepted kinds of tokens, best first. */
  readonly kinds: readonly string[]
}

/**
 * Picks the one account that matches the request.
 *
 * @throws FacadeError if the caller may read no such account, or more than one
 */
export function pickAccount(
  accounts: readonly ServedAccount[],
  caller: Caller,
  platform: FacadePlatform,
  { ids, name, kinds }: WantedAccount,
): ServedAccount {
  const readable = accounts.filter(
    (account) =>
      account.provider.id === platform.providerId &&
      kinds.includes(account.provider.kind) &&
      Object.entries(ids).every(([field, id]) => account.source.account.ids[field] === id) &&
      (name === undefined || account.name === name) &&
      caller.mayRead(account.name),
  )
  const best = kinds.find((kind) => readable.some(({ provider }) => provider.kind === kind))
  const [account, ...others] = readable.filter(({ provider }) => provider.kind === best)
  if (account === undefined) throw stranger(platform)
  if (others.length === 0) return account
  const names = [account, ...others].map((candidate) => candidate.name).join(', ')
  throw new FacadeError(
    platform.ambiguous,
    `this key may read several accounts of this app (${names}): use a key for one of them, or write <key>@<account> or <account>@<key> as the secret`,
  )
}
