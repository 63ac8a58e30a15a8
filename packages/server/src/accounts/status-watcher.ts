import type { Clock, Timer } from '@lingpai/core'
import type { AccountFeed } from './account-feed.js'
import type { AccountRegister } from './account-register.js'
import type { AccountStatus } from './account-status.js'
import type { ServedAccount } from './served-account.js'

/** Reports changes of account statuses. */
export interface StatusWatcher {
  /** @returns stops watching */
  watch(listener: (status: AccountStatus) => void): () => void
  close(): void
}

/** Interval of the search for changes that come with time. It only runs while there are listeners. */
const lookMs = 1000
/** A delay after each event, because events are emitted shortly before the refresh completes. */
const afterEventMs = 20

/** Creates a watcher of all account statuses. */
export function statusWatcher(
  { accounts, feed, clock }: { readonly accounts: AccountRegister; readonly feed: AccountFeed; readonly clock: Clock },
  statusOf: (account: ServedAccount) => AccountStatus,
): StatusWatcher {
  const listeners = new Set<(status: AccountStatus) => void>()
  let seen = new Map<string, string>()
  let timer: Timer | undefined
  const look = (isReporting: boolean): void => {
    const now = new Map<string, string>()
    for (const account of accounts.all()) {
      const status = statusOf(account)
      const mark = markOf(status)
      now.set(account.name, mark)
      if (isReporting && seen.get(account.name) !== mark) for (const listener of [...listeners]) listener(status)
    }
    seen = now
  }
  const plan = (ms: number): void => {
    timer?.cancel()
    timer = clock.setTimer(() => {
      try {
        look(true)
      } catch {
        // The program's own register or account failed. The next look reports what this one did not.
      }
      // A long poll leaves with the change that it hears of.
      if (listeners.size > 0) plan(lookMs)
    }, ms)
  }
  const stop = feed.on(() => {
    if (listeners.size > 0) plan(afterEventMs)
  })
  const pause = (): void => {
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
        if (listeners.size === 0) pause()
      }
    },
    close: () => {
      stop()
      pause()
      listeners.clear()
    },
  }
}

/** The status without the remaining lifetime, which changes all the time. */
function markOf({ expires_in_ms: _, ...status }: AccountStatus): string {
  return JSON.stringify(status)
}
