import type { Clock, Timer } from '@lingpai/core'
import type { AccountRegister } from './account-register.js'
import type { ServedAccount } from './served-account.js'

/** Staggers the first refreshes of a cold start, so that they do not hit upstream all at once. */
const batchSize = 10
const batchPauseMs = 100

/** Starts the background refresh of all accounts, including those added later. @param signal stops it */
export function refreshInBackground(accounts: AccountRegister, clock: Clock, signal: AbortSignal): void {
  let waiting: readonly ServedAccount[] = accounts.all()
  let at = 0
  let timer: Timer | undefined
  const beginNext = (): void => {
    timer = undefined
    if (signal.aborted) return
    for (const account of waiting.slice(at, at + batchSize)) begin(account, signal)
    at += batchSize
    if (at < waiting.length) timer = clock.setTimer(beginNext, batchPauseMs)
  }
  beginNext()
  const stop = accounts.onChange(({ added, removed }) => {
    // Accounts that a person has just added come first.
    const gone = new Set(removed.map(({ name }) => name))
    waiting = [...added, ...waiting.slice(at).filter(({ name }) => !gone.has(name))]
    at = 0
    if (timer === undefined) beginNext()
  })
  signal.addEventListener('abort', stop, { once: true })
}

function begin({ source }: ServedAccount, signal: AbortSignal): void {
  try {
    source.startBackgroundRefresh({ signal })
  } catch {
    // Its owner has closed it. The others still begin.
  }
}
