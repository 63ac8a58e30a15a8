import { systemClock, type Awaitable, type CacheLease, type Clock, type IAccessTokenCache } from '@lingpai/core'

/** A call of a cache that can be made to fail. */
export type CacheOperation = 'get' | 'set' | 'remove' | 'take' | 'commit' | 'release'

/** Which calls of an operation a fault meets; all of them unless told otherwise. */
export interface ChaosPlan {
  /** The first call that it meets; 1 is the next one. @default 1 */
  readonly nth?: number
  /** So many calls, then the fault is over. @default Infinity */
  readonly times?: number
  /** Each call only with this probability, by the `random` of the options. @default 1 */
  readonly chance?: number
}

/** Where a chaos cache takes chance and time from. */
export interface ChaosOptions {
  /** Numbers from 0 to below 1; seeded, a run can be replayed. @default Math.random */
  readonly random?: () => number
  /** What {@link ChaosCache.delay} waits by. @default systemClock */
  readonly clock?: Clock
}

/** A cache that fails when told to. Of several faults that meet a call, the one ordered last acts. */
export interface ChaosCache extends IAccessTokenCache {
  get(key: string): Promise<string | null | undefined>
  set(key: string, value: string, expiresAtMs?: number): Promise<void>
  remove(key: string): Promise<void>
  /** Calls so far, those that met a fault included. */
  readonly calls: Readonly<Record<CacheOperation, number>>
  /** Calls so far that met a fault. */
  readonly faults: Readonly<Record<CacheOperation, number>>
  /** Calls reject without reaching the store: with `error`, or with a `ChaosError` of code `ECONNREFUSED`. */
  fail(operation: CacheOperation, plan?: ChaosPlan & { readonly error?: Error }): void
  /** Calls wait, and are carried out once the returned function was called, or after {@link heal}. */
  hang(operation: CacheOperation, plan?: ChaosPlan): () => void
  /** Calls are carried out `delayMs` late, by the clock of the options. */
  delay(operation: CacheOperation, delayMs: number, plan?: ChaosPlan): void
  /** Writes are acknowledged and never happen. */
  lose(operation: 'set' | 'remove' | 'commit' | 'release', plan?: ChaosPlan): void
  /** Calls are carried out and then reject with a `ChaosError` of code `ETIMEDOUT`: the caller cannot know the outcome. */
  timeOut(operation: CacheOperation, plan?: ChaosPlan): void
  /** Reads answer `text`; without it, half of what stands there, or noise. */
  garble(plan?: ChaosPlan & { readonly text?: string }): void
  /** Ends the faults of one operation, or all; calls that hang go on. */
  heal(operation?: CacheOperation): void
}

/** What a call rejects with that met a fault; looks like a failure of the network. */
class ChaosError extends Error {
  override readonly name = 'ChaosError'
  readonly code: 'ECONNREFUSED' | 'ETIMEDOUT'

  constructor(operation: CacheOperation, code: 'ECONNREFUSED' | 'ETIMEDOUT') {
    super(`chaos: ${operation} ${code}`)
    this.code = code
  }
}

/** Does what the fault is, instead of carrying the call out or around it. */
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
 * Wraps a cache so that it fails on command, or by a seed; without orders it behaves as `cache`. Reach, lease,
 * subscription, clock and `close` are those of `cache`, each only where it has them.
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

/** What the cache declares and does beside its entries, called on the cache itself so that classes work. */
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

/** Whether the fault meets the call that comes now, and that it has seen one more. */
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
