import type { Clock, IAccessTokenCache } from '@lingpai/core'

/** A call of a cache that can be made to fail. */
export type CacheOperation = 'get' | 'set' | 'remove' | 'take' | 'commit' | 'release'

/** Which calls of an operation a fault meets; all of them unless told otherwise. */
export interface ChaosPlan {
  /** Only from this call on, counted from the moment the fault was ordered, the first is 1. @default 1 */
  readonly nth?: number
  /** Only so many calls, then the fault is over. @default Infinity */
  readonly times?: number
  /** Only with this probability, by the `random` of the options. @default 1 */
  readonly chance?: number
}

/** Where a chaos cache takes chance and time from. */
export interface ChaosOptions {
  /** Numbers from 0 to below 1, seeded to replay a run. @default Math.random */
  readonly random?: () => number
  /** What {@link ChaosCache.delay} waits by. @default systemClock of core */
  readonly clock?: Clock
}

/** A cache that fails when told to. */
export interface ChaosCache extends IAccessTokenCache {
  /** Calls so far, failed ones included. */
  readonly calls: Readonly<Record<CacheOperation, number>>
  /** Faults so far. */
  readonly faults: Readonly<Record<CacheOperation, number>>
  /** Calls reject with `error`, and the store is not touched. @param plan.error @default a ChaosError */
  fail(operation: CacheOperation, plan?: ChaosPlan & { readonly error?: unknown }): void
  /** Calls wait until the returned function is called (or {@link heal}), and are carried out then. */
  hang(operation: CacheOperation, plan?: ChaosPlan): () => void
  /** Calls are carried out after `delayMs` of the clock. */
  delay(operation: CacheOperation, delayMs: number, plan?: ChaosPlan): void
  /** Writes are acknowledged and never happen. */
  lose(operation: 'set' | 'remove' | 'commit' | 'release', plan?: ChaosPlan): void
  /** Calls are carried out, and then reject with `ETIMEDOUT`: the caller cannot know the outcome. */
  timeOut(operation: CacheOperation, plan?: ChaosPlan): void
  /** Reads answer rubbish: `text`, or half of what stands there, or noise. */
  garble(plan?: ChaosPlan & { readonly text?: string }): void
  /** Ends all faults, of one operation or of all, and lets hanging calls go on. */
  heal(operation?: CacheOperation): void
}

/** Wraps a cache so that it fails on command, or by a seed. Reach, lease, subscription and clock stay those of `cache`. */
export function chaosCache(cache: IAccessTokenCache, options: ChaosOptions = {}): ChaosCache {
  return Object.assign({}, cache, options) as unknown as ChaosCache
}
