import type { CacheError, Clock, IAccessTokenCache, TokenSource } from '@lingpai/core'
import type { CacheUse } from './cache-call.js'
import { gatewayKey } from './gateway-key.js'
import type { StartLimit } from './gateway-info.js'
import { leasedUpdate } from './leased-update.js'
import { pause } from './pause.js'
import { decodeStarts, encodeStarts, planStart, slackMs, type PlannedStart, type StartRecord } from './start-plan.js'

/** Gives out the moments at which sessions of a bot may start, to all who share the store. */
export interface StartBudget {
  /**
   * Waits for the next moment.
   *
   * @returns whether it is still good; a later moment has to be taken once it is not
   */
  take(told: StartLimit | undefined, signal: AbortSignal): Promise<() => boolean>
}

/** What a budget is made of. */
export interface StartBudgetOptions {
  readonly source: TokenSource
  /** Shared among processes, if it has a lease. */
  readonly cache: IAccessTokenCache | undefined
  readonly clock: Clock
  readonly random: () => number
  /** Told that the day's starts are used up, and until when, Unix milliseconds. */
  readonly waiting: (untilMs: number) => void
  readonly failed: (error: CacheError) => void
}

/** When a session may start. */
type Moment = Omit<PlannedStart, 'record'>

/** How long somebody else's lease is waited for; longer than it can live. */
const mostTries = 40

/** A day and some more: the record tells by itself when it is outdated. */
const keptMs = 2 * 86_400_000

/** Gateways of one process and one source share their starts also without a cache. */
const ownStarts = new WeakMap<TokenSource, StartRecord>()

/** A budget: among all processes that share the cache, else within this one. */
export function startBudget(options: StartBudgetOptions): StartBudget {
  const { clock, waiting } = options
  return {
    take: async (told, signal) => {
      const { atMs, isExhausted } = await plan(options, told, signal)
      const waitMs = atMs - clock.now()
      if (waitMs > 0) {
        if (isExhausted) waiting(atMs)
        await pause(clock, waitMs, signal)
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

/** Among all processes that share the cache; `undefined` when the cache or its lease cannot be had. */
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
      // The store's time may differ from ours.
      return { text: encodeStarts(record), keptMs, result: { inMs: atMs - nowMs, isExhausted } }
    },
  })
  if (planned === undefined) return undefined
  const { inMs, isExhausted } = planned.result
  return { atMs: clock.now() + inMs, isExhausted }
}
