import { createHmac, randomBytes } from 'node:crypto'
import type { TokenSource } from '@lingpai/core'
import { accountIndex } from '../accounts/account-index.js'
import type { AccountFeed } from '../accounts/account-feed.js'
import type { AccountRegister } from '../accounts/account-register.js'
import type { ServedAccount } from '../accounts/served-account.js'
import type { StoreClock } from '../store/store-clock.js'

/** Tokens remembered for each account, including the current one: a client with an older one gets an error that says so. */
const mostOfAnAccount = 8

/** A token that this server handed out. */
export interface KnownToken {
  readonly account: ServedAccount
  /** Whether the token is still usable, as far as this server knows; it may be the previous token. */
  readonly isAlive: boolean
}

/** Finds the account of a token, for requests that carry nothing else. Stores hashes and no tokens. */
export interface KnownTokens {
  /** Remembers the account's current token. */
  note(account: ServedAccount): void
  find(value: string): KnownToken | undefined
  close(): void
}

interface Entry {
  readonly source: TokenSource
  readonly generation: number
  readonly issuedAtMs: number
  expiresAtMs: number
  isRejected: boolean
}

/** Remembers the tokens of the accounts from now on, including tokens of other servers once this process has read them. */
export function knownTokens(
  accounts: AccountRegister,
  feed: Pick<AccountFeed, 'on'>,
  time: Pick<StoreClock, 'nowMs'>,
): KnownTokens {
  // A random key, so that no other process can compute the hashes.
  const key = randomBytes(32)
  const hashOf = (value: string): string => createHmac('sha256', key).update(value).digest('base64')
  const accountsOf = accountIndex(accounts, ({ source }) => [source])
  const byHash = new Map<string, Entry>()
  const hashes = new WeakMap<TokenSource, readonly string[]>()
  const latest = new WeakMap<TokenSource, Entry>()
  let noted: readonly ServedAccount[] | undefined

  const note = ({ source }: Pick<ServedAccount, 'source'>): void => {
    const { generation, issuedAtMs, expiresAtMs } = source.status()
    const value = source.peek()
    if (value === undefined || generation === undefined || issuedAtMs === undefined || expiresAtMs === undefined) return
    const last = latest.get(source)
    // Each event of an account leads here, so hash only tokens that are new.
    if (last?.generation === generation && last.issuedAtMs === issuedAtMs) {
      last.expiresAtMs = expiresAtMs
      return
    }
    const hash = hashOf(value)
    const isRejected = byHash.get(hash)?.isRejected ?? false
    const entry: Entry = { source, generation, issuedAtMs, expiresAtMs, isRejected }
    latest.set(source, entry)
    byHash.set(hash, entry)
    const [...remembered] = [hash, ...(hashes.get(source) ?? []).filter((known) => known !== hash)]
    for (const dropped of remembered.splice(mostOfAnAccount)) byHash.delete(dropped)
    hashes.set(source, remembered)
  }

  const end = feed.on(({ account, event }) => {
    if (event.ticket !== undefined) return
    if (event.event !== 'rejected') {
      note(account)
      return
    }
    for (const hash of hashes.get(account.source) ?? []) {
      const entry = byHash.get(hash)
      if (entry !== undefined && entry.generation === event.generation) entry.isRejected = true
    }
  })

  /** Each later token comes with an event, so a client with unknown tokens does not make the server look at all accounts each time. */
  const noteAll = (): void => {
    const all = accounts.all()
    if (all === noted) return
    for (const account of all) note(account)
    noted = all
  }
  const entryOf = (value: string): Entry | undefined => {
    const hash = hashOf(value)
    if (!byHash.has(hash)) noteAll()
    return byHash.get(hash)
  }

  return {
    note,
    find: (value) => {
      const entry = entryOf(value)
      const [account] = entry === undefined ? [] : accountsOf(entry.source)
      if (entry === undefined || account === undefined) return undefined
      return { account, isAlive: !entry.isRejected && time.nowMs() < entry.expiresAtMs }
    },
    close: () => {
      end()
      byHash.clear()
    },
  }
}
