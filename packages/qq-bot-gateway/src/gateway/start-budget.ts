import { randomUUID } from 'node:crypto'
import type { CacheError, Clock, IAccessTokenCache, TokenSource } from '@lingpai/core'
import { cacheCall, type CacheUse } from './cache-call.js'
import { gatewayKey } from './gateway-key.js'
import type { StartLimit } from './gateway-info.js'
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

/** The lease is held for one read and one write. */
const leaseMs = 2000

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

/** One step of read, plan and write, fenced by the lease; `undefined` when the cache or the lease is not to be had. */
async function planShared(
  { source, clock, random }: StartBudgetOptions,
  use: CacheUse,
  told: StartLimit | undefined,
  signal: AbortSignal,
): Promise<Moment | undefined> {
  const { lease, nowMs: storeNowMs = clock.now } = use.cache
  const key = gatewayKey(source.account, 'starts')
  const holder = randomUUID()
  for (let tries = 0; lease !== undefined && tries < mostTries && !signal.aborted; tries += 1) {
    const taken = await cacheCall(use, 'take', () => lease.take(key, holder, leaseMs))
    if (!taken.ok) return undefined
    if (taken.value) {
      const now = await cacheCall(use, 'now', storeNowMs)
      const stored = await cacheCall(use, 'get', () => use.cache.get(key))
      if (!now.ok || !stored.ok) return undefined
      const { record, atMs, isExhausted } = planStart(decodeStarts(stored.value), told, now.value)
      const text = encodeStarts(record)
      const written = await cacheCall(use, 'commit', () => lease.commit(key, holder, text, now.value + keptMs))
      if (!written.ok) return undefined
      // The store's time may differ from ours.
      if (written.value) return { atMs: atMs - now.value + clock.now(), isExhausted }
    } else await pause(clock, 50 + 100 * random(), signal)
  }
  return undefined
}
