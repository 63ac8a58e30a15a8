import type { AccountContext } from '../state/account-context.js'
import { isRejected } from '../state/account-state.js'
import type { Clock } from '../clock.js'
import { coolsUntilMs, isCoolingDown } from '../refresh/cool-down.js'
import { onAbort } from '../time/on-abort.js'
import { pause } from '../time/pause.js'
import { hasCome, timeLeftMs } from '../time/moment.js'

/** Handle of a running background refresh. */
export interface BackgroundRefresh {
  stop(): void
}

/** What the background refresh needs from its source. */
export interface BackgroundParts<C> {
  readonly clock: Clock
  readonly resolve: () => Promise<AccountContext<C>>
  readonly renew: () => Promise<void>
  readonly closing: AbortSignal
  /** Stops this background refresh only. */
  readonly signal?: AbortSignal | undefined
  /** Called when it has stopped. */
  readonly onEnd: () => void
}

/** Longest sleep, so that a suspended machine or a clock set forward is noticed. */
const longestSleepMs = 60_000
/** Wait after a failure without its own cool-down: a secret could not be fetched, or the lease not be taken. */
const afterErrorMs = 5000
/** Shortest sleep, whatever fails. */
const shortestSleepMs = 1000

/** Starts a background refresh. Each has its own stop, so that stopping an old one never affects a new one. */
export function runInBackground<C>({
  clock,
  resolve,
  renew,
  closing,
  signal,
  onEnd,
}: BackgroundParts<C>): BackgroundRefresh {
  const stopping = new AbortController()
  const stop = (): void => {
    for (const forget of forgets) forget()
    stopping.abort(new DOMException('stopped', 'AbortError'))
    onEnd()
  }
  const forgets = [closing, signal].flatMap((each) => (each === undefined ? [] : [onAbort(each, stop)]))
  const turn = async (): Promise<number> => {
    const context = await resolve()
    if (sleepMs(context) <= 0) await renew()
    return sleepMs(context)
  }
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      // The failure has already been emitted as an event. It must not end the background refresh.
      const wantedMs = await turn().catch(() => afterErrorMs)
      await pause(clock, Math.min(Math.max(wantedMs, shortestSleepMs), longestSleepMs), stopping)
    }
  }
  run().catch(() => undefined)
  return { stop }
}

/** Milliseconds until the next turn has work to do. */
function sleepMs<C>(context: AccountContext<C>): number {
  const { state, clock, gate } = context
  const { times, failure } = state
  const isAlive = times !== undefined && !isRejected(state) && !hasCome(times.deadline, clock)
  const reason = isAlive ? 'ahead' : 'cold'
  if (failure !== undefined && isCoolingDown(context, reason)) {
    return coolsUntilMs(failure, reason) - gate.reckonedNowMs()
  }
  return isAlive ? timeLeftMs(times.refreshAt, clock) : 0
}
