import type { Caller } from '../caller.js'
import type { ServedAccount } from '../served-account.js'
import type { FacadePlatform } from './facade-platform.js'
import { FacadeRefusal } from './facade-refusal.js'
import { stranger } from './refusal-of.js'

/** What a facade client says of the account it means. */
export interface WantedAccount {
  /** The ids it sent, by the provider's names for them; what it did not send is left out. */
  readonly ids: Readonly<Record<string, string>>
  /** The account's name in the server's configuration, where the client adds it to its key: `lpk_…@shop`. */
  readonly name?: string | undefined
  /** Kinds of tokens that will do, the best first. */
  readonly kinds: readonly string[]
}

/**
 * The one account that a caller means.
 *
 * @throws FacadeRefusal when there is none that it may read, or more than one
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
  throw new FacadeRefusal(
    platform.ambiguous,
    `this key may read several accounts of this app (${names}): use a key for one of them, or write <key>@<account> or <account>@<key> as the secret`,
  )
}
