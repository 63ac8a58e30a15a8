import type { Clock } from '@lingpai/core'
import type { AccountRegister } from './account-register.js'

/** Accounts whose keepers start together, and the pause before the next of them: a cold start is no storm upstream. */
const together = 10
const pauseMs = 100

/** Keeps all accounts fresh, also those that come later; the core spreads what follows the start. @param signal ends it */
export function keepFresh(accounts: AccountRegister, clock: Clock, signal: AbortSignal): void {
  const start = (from: number): void => {
    if (signal.aborted) return
    const all = accounts.all()
    for (const { source } of all.slice(from, from + together)) source.startBackgroundRefresh({ signal })
    if (from + together < all.length) clock.setTimer(() => start(from + together), pauseMs)
  }
  start(0)
  const stop = accounts.onChange(() => {
    start(0)
  })
  signal.addEventListener('abort', stop, { once: true })
}
