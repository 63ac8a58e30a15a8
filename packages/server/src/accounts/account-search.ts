import type { Clock, Timer } from '@lingpai/core'
import type { ServedAccount } from './served-account.js'

/** Looks at accounts again and again. */
export interface AccountSearch {
  /** Does nothing if the search runs already. */
  start(): void
  stop(): void
}

/** What a search needs. */
export interface AccountSearchParts {
  readonly clock: Clock
  /** Returns the accounts to look at next. */
  readonly accounts: () => readonly ServedAccount[]
  readonly look: (account: ServedAccount) => void
  /** Called when each of the accounts was looked at. */
  readonly onRound: () => void
}

/** How often an account is looked at. */
const roundMs = 1000
/** The search looks at this many accounts at once, and then pauses. So its cost has a bound, and with very many accounts a round takes longer. */
const batchSize = 1000
const betweenBatchesMs = 100

/** Creates a search that does not run yet. */
export function accountSearch({ clock, accounts, look, onRound }: AccountSearchParts): AccountSearch {
  let timer: Timer | undefined
  let round: readonly ServedAccount[] = []
  let at = 0
  let startedAtMs = 0

  /** Looks at the next accounts. @returns the pause after it */
  const next = (): number => {
    if (at === 0) {
      startedAtMs = clock.monotonic()
      round = accounts()
    }
    const batch = round.slice(at, at + batchSize)
    at = at + batchSize < round.length ? at + batchSize : 0
    batch.forEach(look)
    if (at > 0) return betweenBatchesMs
    onRound()
    return Math.max(betweenBatchesMs, roundMs - (clock.monotonic() - startedAtMs))
  }
  const plan = (ms: number): void => {
    timer = clock.setTimer(() => {
      // Planned before the look, which may stop the search: a long poll leaves with the change that it hears of.
      plan(roundMs)
      const planned = timer
      try {
        const pauseMs = next()
        if (timer !== planned) return
        planned?.cancel()
        plan(pauseMs)
      } catch {
        // The program's own register failed.
      }
    }, ms)
  }
  return {
    start: () => {
      if (timer === undefined) plan(roundMs)
    },
    stop: () => {
      timer?.cancel()
      timer = undefined
      round = []
      at = 0
    },
  }
}
