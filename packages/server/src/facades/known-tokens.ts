import { createHmac, randomBytes } from 'node:crypto'
import type { TokenSource } from '@lingpai/core'
import type { AccountFeed } from '../account-feed.js'
import type { AccountRegister } from '../account-register.js'
import type { ServedAccount } from '../served-account.js'
import type { SharedTime } from '../shared-time.js'

/** Tokens remembered of each account, the current one included: clients that hold an older one are told that it is old. */
const mostOfAnAccount = 8

/** A token that this server handed out. */
export interface KnownToken {
  readonly account: ServedAccount
  /** Whether it still lives, as far as is known: it may be the one before the current one. */
  readonly isAlive: boolean
}

/** Finds whose a token is, for requests that carry nothing else. Keeps hashes, never a token. */
export interface KnownTokens {
  /** A token is about to be handed out. */
  note(account: ServedAccount): void
  find(value: string): KnownToken | undefined
  close(): void
}

interface Entry {
  readonly source: TokenSource
  readonly generation: number
  readonly issuedAtMs: number
  expiresAtMs: number
  isRefused: boolean
}

/** Remembers the tokens of the accounts from now on; those that others put into the cache as well, once this process saw them. */
export function knownTokens(
  accounts: AccountRegister,
  feed: Pick<AccountFeed, 'on'>,
  time: Pick<SharedTime, 'nowMs'>,
): KnownTokens {
  // Hashes that nobody outside of this process can compute.
  const key = randomBytes(32)
  const hashOf = (value: string): string => createHmac('sha256', key).update(value).digest('base64')
  const byHash = new Map<string, Entry>()
  const hashes = new WeakMap<TokenSource, readonly string[]>()
  const latest = new WeakMap<TokenSource, Entry>()

  const note = ({ source }: Pick<ServedAccount, 'source'>): void => {
    const { generation, issuedAtMs, expiresAtMs } = source.status()
    const value = source.peek()
    if (value === undefined || generation === undefined || issuedAtMs === undefined || expiresAtMs === undefined) return
    const last = latest.get(source)
    // Strangers make every account be looked at; a hash for each of them would be work that they give us.
    if (last?.generation === generation && last.issuedAtMs === issuedAtMs) {
      last.expiresAtMs = expiresAtMs
      return
    }
    const hash = hashOf(value)
    const isRefused = byHash.get(hash)?.isRefused ?? false
    const entry: Entry = { source, generation, issuedAtMs, expiresAtMs, isRefused }
    latest.set(source, entry)
    byHash.set(hash, entry)
    const [...kept] = [hash, ...(hashes.get(source) ?? []).filter((known) => known !== hash)]
    for (const dropped of kept.splice(mostOfAnAccount)) byHash.delete(dropped)
    hashes.set(source, kept)
  }

  const end = feed.on(({ account, event }) => {
    if (event.ticket !== undefined) return
    if (event.event !== 'rejected') {
      note(account)
      return
    }
    for (const hash of hashes.get(account.source) ?? []) {
      const entry = byHash.get(hash)
      if (entry !== undefined && entry.generation === event.generation) entry.isRefused = true
    }
  })

  const entryOf = (value: string): Entry | undefined => {
    const hash = hashOf(value)
    if (!byHash.has(hash)) for (const account of accounts.all()) note(account)
    return byHash.get(hash)
  }

  return {
    note,
    find: (value) => {
      const entry = entryOf(value)
      const account = entry && accounts.all().find(({ source }) => source === entry.source)
      if (entry === undefined || account === undefined) return undefined
      return { account, isAlive: !entry.isRefused && time.nowMs() < entry.expiresAtMs }
    },
    close: () => {
      end()
      byHash.clear()
    },
  }
}
