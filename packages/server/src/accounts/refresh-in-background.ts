import type { Clock, TokenSource } from '@lingpai/core'
import type { AccountRegister } from './account-register.js'

/** Staggers the first refreshes of a cold start, so that they do not hit upstream all at once. */
const batchSize = 10
const batchPauseMs = 100

/** Starts the background refresh of all accounts, including those added later. @param signal stops it */
export function refreshInBackground(accounts: AccountRegister, clock: Clock, signal: AbortSignal): void {
  const start = (from: number): void => {
    if (signal.aborted) return
    const all = accounts.all()
    for (const { source } of all.slice(from, from + batchSize)) begin(source, signal)
    if (from + batchSize < all.length) startLater(from + batchSize)
  }
  const startLater = (from: number): void => {
    clock.setTimer(() => {
      try {
        start(from)
      } catch {
        // The program's own register failed.
        startLater(from)
      }
    }, batchPauseMs)
  }
  start(0)
  const stop = accounts.onChange(() => {
    start(0)
  })
  signal.addEventListener('abort', stop, { once: true })
}

function begin(source: TokenSource, signal: AbortSignal): void {
  try {
    source.startBackgroundRefresh({ signal })
  } catch {
    // Its owner has closed it. The others still begin.
  }
}
