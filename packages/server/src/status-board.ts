import type { Clock, Timer } from '@lingpai/core'
import type { AccountFeed } from './account-feed.js'
import type { AccountRegister } from './account-register.js'
import type { AccountStatus } from './account-status.js'
import type { ServedAccount } from './served-account.js'

/** Tells when the status of an account has changed. */
export interface StatusBoard {
  /** @returns Ends the watching. */
  watch(listener: (status: AccountStatus) => void): () => void
  close(): void
}

/** What happens by time alone is seen at this pace, and only while somebody watches. */
const lookMs = 1000
/** The event comes before the refresh has quite ended. */
const afterEventMs = 20

/** A board over the statuses of the accounts. */
export function statusBoard(
  { accounts, feed, clock }: { readonly accounts: AccountRegister; readonly feed: AccountFeed; readonly clock: Clock },
  statusOf: (account: ServedAccount) => AccountStatus,
): StatusBoard {
  const listeners = new Set<(status: AccountStatus) => void>()
  let seen = new Map<string, string>()
  let timer: Timer | undefined
  const look = (isTelling: boolean): void => {
    const now = new Map<string, string>()
    for (const account of accounts.all()) {
      const status = statusOf(account)
      const mark = markOf(status)
      now.set(account.name, mark)
      if (isTelling && seen.get(account.name) !== mark) for (const listener of [...listeners]) listener(status)
    }
    seen = now
  }
  const plan = (ms: number): void => {
    timer?.cancel()
    timer = clock.setTimer(() => {
      look(true)
      plan(lookMs)
    }, ms)
  }
  const stop = feed.on(() => {
    if (listeners.size > 0) plan(afterEventMs)
  })
  const leave = (): void => {
    timer?.cancel()
    timer = undefined
  }
  return {
    watch: (listener) => {
      const own = (status: AccountStatus): void => {
        listener(status)
      }
      if (listeners.size === 0) {
        look(false)
        plan(lookMs)
      }
      listeners.add(own)
      return () => {
        listeners.delete(own)
        if (listeners.size === 0) leave()
      }
    },
    close: () => {
      stop()
      leave()
      listeners.clear()
    },
  }
}

/** What makes two statuses different: everything but the time that passes. */
function markOf({ expires_in_ms: _, ...status }: AccountStatus): string {
  return JSON.stringify(status)
}
