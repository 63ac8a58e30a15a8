import { systemClock, type Awaitable, type CacheLease, type Clock, type IAccessTokenCache } from '@lingpai/core'

/** A cache call that can be made to fail. */
export type CacheOperation = 'get' | 'set' | 'remove' | 'take' | 'commit' | 'release'

/** The calls of an operation that a fault affects; by default all. */
export interface ChaosPlan {
  /** First affected call; 1 is the next one. @default 1 */
  readonly nth?: number
  /** Number of affected calls. @default Infinity */
  readonly times?: number
  /** Probability that a call is affected. @default 1 */
  readonly chance?: number
}

/** Options of `chaosCache`. */
export interface ChaosOptions {
  /** Returns numbers from 0 up to 1; a seeded function makes a run repeatable. @default Math.random */
  readonly random?: () => number
  /** The clock of {@link ChaosCache.delay}. @default systemClock */
  readonly clock?: Clock
}

/** A cache that fails on command. If several faults affect a call, the last one applies. */
export interface ChaosCache extends IAccessTokenCache {
  get(key: string): Promise<string | null | undefined>
  set(key: string, value: string, expiresAtMs?: number): Promise<void>
  remove(key: string): Promise<void>
  /** Number of calls, including failed ones. */
  readonly calls: Readonly<Record<CacheOperation, number>>
  /** Number of calls that a fault affected. */
  readonly faults: Readonly<Record<CacheOperation, number>>
  /** Calls reject without reaching the store: with `error`, or with a `ChaosError` of code `ECONNREFUSED`. */
  fail(operation: CacheOperation, plan?: ChaosPlan & { readonly error?: Error }): void
  /** Calls wait until the returned function or {@link heal} is called, and then run. */
  hang(operation: CacheOperation, plan?: ChaosPlan): () => void
  /** Calls run `delayMs` later, by the clock of the options. */
  delay(operation: CacheOperation, delayMs: number, plan?: ChaosPlan): void
  /** Writes succeed without an effect. */
  lose(operation: 'set' | 'remove' | 'commit' | 'release', plan?: ChaosPlan): void
  /** Calls run and then reject with a `ChaosError` of code `ETIMEDOUT`, so that the caller cannot know the outcome. */
  timeOut(operation: CacheOperation, plan?: ChaosPlan): void
  /** Reads return `text`; without it, half of the stored value, or noise. */
  garble(plan?: ChaosPlan & { readonly text?: string }): void
  /** Ends the faults of one operation, or all; hanging calls continue. */
  heal(operation?: CacheOperation): void
}

/** The rejection of a failed call; resembles a network error. */
class ChaosError extends Error {
  override readonly name = 'ChaosError'
  readonly code: 'ECONNREFUSED' | 'ETIMEDOUT'

  constructor(operation: CacheOperation, code: 'ECONNREFUSED' | 'ETIMEDOUT') {
    super(`chaos: ${operation} ${code}`)
    this.code = code
  }
}

/** Applies a fault to a call. */
type Meet = (carryOut: () => unknown) => unknown

interface Fault {
  readonly operation: CacheOperation
  readonly plan: ChaosPlan
  readonly meet: Meet
  readonly end: () => void
  seen: number
  met: number
}

/**
 * Wraps a cache so that it fails on command, or at random by a seed. Without faults it behaves like `cache`. Reach, lease,
 * subscription, clock and `close` are those of `cache`, each present only if `cache` has it.
 *
 * @example
 * ```ts
 * import { memoryCache } from '@lingpai/cache-memory'
 * import { TokenManager } from '@lingpai/core'
 * import { chaosCache } from '@lingpai/testing'
 *
 * const cache = chaosCache(memoryCache())
 * cache.fail('get', { times: 3 })
 * const tokens = new TokenManager({ cache })
 * ```
 */
export function chaosCache(
  cache: IAccessTokenCache,
  { random = Math.random, clock = systemClock }: ChaosOptions = {},
): ChaosCache {
  const orders = faultOrders(random)
  const { call, add } = orders
  const { lease } = cache
  return {
    get: async (key) => (await call('get', () => cache.get(key))) as string | null | undefined,
    set: async (key, value, expiresAtMs) => {
      await call('set', () => cache.set(key, value, expiresAtMs))
    },
    remove: async (key) => {
      await call('remove', () => cache.remove(key))
    },
    ...(lease && { lease: chaosLease(lease, call) }),
    ...inheritedFrom(cache),
    calls: orders.calls,
    faults: orders.faults,
    heal: orders.heal,
    fail: (operation, { error, ...plan } = {}) => {
      add(operation, plan, () => Promise.reject(error ?? new ChaosError(operation, 'ECONNREFUSED')))
    },
    hang: (operation, plan = {}) => {
      let open = (): void => undefined
      const gate = new Promise<void>((resolve) => (open = resolve))
      return add(operation, plan, (carryOut) => gate.then(carryOut), open)
    },
    delay: (operation, delayMs, plan = {}) => {
      const waiting = (): Promise<void> => new Promise((resolve) => void clock.setTimer(resolve, delayMs))
      add(operation, plan, (carryOut) => waiting().then(carryOut))
    },
    lose: (operation, plan = {}) => {
      add(operation, plan, () => (operation === 'commit' ? true : undefined))
    },
    timeOut: (operation, plan = {}) => {
      add(operation, plan, async (carryOut) => {
        await carryOut()
        throw new ChaosError(operation, 'ETIMEDOUT')
      })
    },
    garble: ({ text, ...plan } = {}) => {
      add('get', plan, async (carryOut) => text ?? rubbish(await carryOut(), random))
    },
  }
}

function chaosLease(
  lease: CacheLease,
  call: (operation: CacheOperation, carryOut: () => unknown) => unknown,
): CacheLease {
  return {
    take: async (key, holder, ttlMs) => (await call('take', () => lease.take(key, holder, ttlMs))) as boolean,
    commit: async (key, holder, value, expiresAtMs) =>
      (await call('commit', () => lease.commit(key, holder, value, expiresAtMs))) as boolean,
    release: async (key, holder) => {
      await call('release', () => lease.release(key, holder))
    },
  }
}

/** The capabilities of the cache beside its entries. Called as methods, so that classes work. */
function inheritedFrom(
  cache: IAccessTokenCache,
): Pick<IAccessTokenCache, 'reach' | 'subscribe' | 'nowMs' | 'ready' | 'close'> {
  const { reach } = cache
  return {
    ...(reach && { reach }),
    ...(cache.subscribe && { subscribe: (listener) => cache.subscribe?.(listener) ?? (() => undefined) }),
    ...(cache.nowMs && { nowMs: (): Awaitable<number> => cache.nowMs?.() ?? Date.now() }),
    ...(cache.ready && { ready: async () => cache.ready?.() }),
    ...(cache.close && { close: (): Awaitable<void> => cache.close?.() }),
  }
}

function faultOrders(random: () => number): {
  readonly calls: Record<CacheOperation, number>
  readonly faults: Record<CacheOperation, number>
  readonly call: (operation: CacheOperation, carryOut: () => unknown) => unknown
  readonly add: (operation: CacheOperation, plan: ChaosPlan, meet: Meet, end?: () => void) => () => void
  readonly heal: (operation?: CacheOperation) => void
} {
  let ordered: Fault[] = []
  const calls = noCalls()
  const faults = noCalls()
  const drop = (leaving: (fault: Fault) => boolean): void => {
    const gone = ordered.filter(leaving)
    ordered = ordered.filter((fault) => !leaving(fault))
    for (const fault of gone) fault.end()
  }
  return {
    calls,
    faults,
    call: (operation, carryOut) => {
      calls[operation]++
      const meeting = ordered.filter((fault) => fault.operation === operation && strikes(fault, random))
      const last = meeting.at(-1)
      if (last === undefined) return carryOut()
      last.met++
      faults[operation]++
      return last.meet(carryOut)
    },
    add: (operation, plan, meet, end = () => undefined) => {
      const fault: Fault = { operation, plan, meet, end, seen: 0, met: 0 }
      ordered.push(fault)
      return () => {
        drop((candidate) => candidate === fault)
      }
    },
    heal: (operation) => {
      drop((fault) => operation === undefined || fault.operation === operation)
    },
  }
}

/** Counts a call. @returns whether the fault affects it */
function strikes(fault: Fault, random: () => number): boolean {
  const { nth = 1, times = Infinity, chance = 1 } = fault.plan
  fault.seen++
  return fault.seen >= nth && fault.met < times && (chance >= 1 || random() < chance)
}

function rubbish(value: unknown, random: () => number): string {
  const half = typeof value === 'string' ? value.slice(0, Math.floor(value.length / 2)) : ''
  if (half !== '' && random() < 0.5) return half
  const letter = (): string => String.fromCharCode(32 + Math.floor(random() * 0x400))
  return Array.from({ length: 1 + Math.floor(random() * 40) }, letter).join('')
}

function noCalls(): Record<CacheOperation, number> {
  return { get: 0, set: 0, remove: 0, take: 0, commit: 0, release: 0 }
}
