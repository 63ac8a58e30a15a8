import type { Clock, Timer } from '@lingpai/core'
import type { AccountFeed } from './account-feed.js'
import type { AccountRegister } from './account-register.js'
import { accountSearch } from './account-search.js'
import type { AccountStatus } from './account-status.js'
import type { ServedAccount } from './served-account.js'

/** Reports changes of account statuses. */
export interface StatusWatcher {
  /**
   * Calls the listener after each change in the status of an account.
   *
   * @param names of the accounts; `*` for all
   * @returns stops watching
   */
  watch(names: '*' | readonly string[], listener: StatusListener): () => void
  /** Returns the status of an account now. Those who watch the account hear of each later change. */
  look(account: ServedAccount): AccountStatus
  close(): void
}

type StatusListener = (status: AccountStatus) => void

/** A delay after each event, because events are emitted shortly before the refresh completes. */
const afterEventMs = 20

/** Creates a watcher of account statuses. It looks only at accounts that have listeners, and while there are some. */
export function statusWatcher(
  { accounts, feed, clock }: { readonly accounts: AccountRegister; readonly feed: AccountFeed; readonly clock: Clock },
  statusOf: (account: ServedAccount) => AccountStatus,
): StatusWatcher {
  const ofAll = new Set<StatusListener>()
  const ofName = new Map<string, Set<StatusListener>>()
  const afterEvent = new Map<string, Timer>()
  // By name. What one round of the search does not find is forgotten after the next.
  let seen = new Map<string, AccountStatus>()
  let seenBefore = seen

  const look = (account: ServedAccount): AccountStatus => {
    const { name } = account
    const status = statusOf(account)
    const last = seen.get(name) ?? seenBefore.get(name)
    seen.set(name, status)
    if (last !== undefined && !isSame(last, status))
      for (const listener of [...ofAll, ...(ofName.get(name) ?? [])]) listener(status)
    return status
  }
  const tryToLook = (account: ServedAccount): void => {
    try {
      look(account)
    } catch {
      // The program's own account failed. The next look reports what this one did not.
    }
  }
  /** The search for changes that come with time. */
  const search = accountSearch({
    clock,
    accounts: () =>
      ofAll.size > 0
        ? accounts.all()
        : [...ofName.keys()].map((name) => accounts.get(name)).filter((account) => account !== undefined),
    look: tryToLook,
    onRound: () => {
      seenBefore = seen
      seen = new Map()
    },
  })
  const stop = feed.on(({ account }) => {
    const { name } = account
    if (ofAll.size === 0 && !ofName.has(name)) return
    afterEvent.get(name)?.cancel()
    const timer = clock.setTimer(() => {
      afterEvent.delete(name)
      tryToLook(account)
    }, afterEventMs)
    afterEvent.set(name, timer)
  })
  const pause = (): void => {
    search.stop()
    for (const timer of afterEvent.values()) timer.cancel()
    afterEvent.clear()
    seen = new Map()
    seenBefore = seen
  }
  return {
    watch: (names, listener) => {
      const own: StatusListener = (status) => {
        listener(status)
      }
      if (names === '*') ofAll.add(own)
      else for (const name of names) ofName.set(name, (ofName.get(name) ?? new Set()).add(own))
      search.start()
      return () => {
        ofAll.delete(own)
        if (names !== '*') for (const name of names) leave(ofName, name, own)
        if (ofAll.size + ofName.size === 0) pause()
      }
    },
    look,
    close: () => {
      stop()
      pause()
      ofAll.clear()
      ofName.clear()
    },
  }
}

function leave(ofName: Map<string, Set<StatusListener>>, name: string, listener: StatusListener): void {
  const listeners = ofName.get(name)
  listeners?.delete(listener)
  if (listeners?.size === 0) ofName.delete(name)
}

/** Compares all but the remaining lifetime, which changes all the time. Most values are the same objects, and the others are small. */
function isSame(one: AccountStatus, other: AccountStatus): boolean {
  const fields = Object.keys(one) as (keyof AccountStatus)[]
  return (
    fields.length === Object.keys(other).length &&
    fields.every(
      (field) =>
        field === 'expires_in_ms' ||
        one[field] === other[field] ||
        JSON.stringify(one[field]) === JSON.stringify(other[field]),
    )
  )
}
