import type { CacheError, Clock, IAccessTokenCache, TokenSource } from '@lingpai/core'
import type { CacheUse } from './cache-call.js'
import { gatewayKey } from './gateway-key.js'
import type { StartLimit } from './gateway-info.js'
import { leasedUpdate } from './leased-update.js'
import { pauseUntilAborted } from '@lingpai/core/internal'
import { decodeStarts, encodeStarts, planStart, slackMs, type PlannedStart, type StartRecord } from './start-plan.js'

/** Assigns the times at which sessions of a bot may start, among all gateways that share the store. */
export interface StartBudget {
  /**
   * Waits for the next time.
   *
   * @returns a function that says whether the time is still valid; if not, another one must be taken
   */
  take(told: StartLimit | undefined, signal: AbortSignal): Promise<() => boolean>
}

/** What a start budget needs. */
export interface StartBudgetOptions {
  readonly source: TokenSource
  /** Shared between processes if it has a lease. */
  readonly cache: IAccessTokenCache | undefined
  readonly clock: Clock
  readonly random: () => number
  /** Called when the session starts of the day are used up, with the Unix time in milliseconds at which they return. */
  readonly waiting: (untilMs: number) => void
  readonly failed: (error: CacheError) => void
}

/** When a session may start. */
type Moment = Omit<PlannedStart, 'record'>

/** Number of waits for the lease; together longer than a lease can last. */
const mostTries = 40

/** Longer than a day. The record contains the time at which it becomes outdated. */
const storedMs = 2 * 86_400_000

/** Gateways with the same source in one process share their starts even without a cache. */
const ownStarts = new WeakMap<TokenSource, StartRecord>()

/** Creates a budget for all processes that share the cache, or for this process without one. */
export function startBudget(options: StartBudgetOptions): StartBudget {
  const { clock, waiting } = options
  return {
    take: async (told, signal) => {
      const { atMs, isExhausted } = await plan(options, told, signal)
      const waitMs = atMs - clock.now()
      if (waitMs > 0) {
        if (isExhausted) waiting(atMs)
        await pauseUntilAborted(clock, waitMs, signal, { holdsProcess: true })
      }
      return () => clock.now() < atMs + slackMs
    },
  }
}

async function plan(options: StartBudgetOptions, told: StartLimit | undefined, signal: AbortSignal): Promise<Moment> {
  const { source, cache, clock } = options
  const shared = cache?.lease === undefined ? undefined : await planShared(options, { ...options, cache }, told, signal)
  if (shared !== undefined) return shared
  const { record, ...moment } = planStart(ownStarts.get(source), told, clock.now())
  ownStarts.set(source, record)
  return moment
}

/** Plans a start with all processes that share the cache. Returns `undefined` if the cache or its lease is unavailable. */
async function planShared(
  { source, clock, random }: StartBudgetOptions,
  use: CacheUse,
  told: StartLimit | undefined,
  signal: AbortSignal,
): Promise<Moment | undefined> {
  const key = gatewayKey(source.account, 'starts')
  const planned = await leasedUpdate({
    use,
    key,
    random,
    mostTries,
    signal,
    change: (stored, nowMs) => {
      const { record, atMs, isExhausted } = planStart(decodeStarts(stored), told, nowMs)
      // The store's clock may differ from the local one.
      return { text: encodeStarts(record), storedMs, result: { inMs: atMs - nowMs, isExhausted } }
    },
  })
  if (planned === undefined) return undefined
  const { inMs, isExhausted } = planned.result
  return { atMs: clock.now() + inMs, isExhausted }
}
