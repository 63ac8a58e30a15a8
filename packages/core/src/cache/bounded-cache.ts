import type { Awaitable, IAccessTokenCache } from '../cache.js'
import type { Clock } from '../clock.js'
import { CacheError, type CacheErrorDetails } from '../errors.js'
import { isOtherRequest, otherRequestHint } from '../http/other-request.js'
import { lastingFailure } from './lasting-failure.js'
import { patientTimer } from '../time/patient-timer.js'
import { scrubCause } from '../secrecy/redact.js'
import { StoreClock, type SharedMoment } from './store-clock.js'
import { parseObject } from '../token-record.js'

/** Outcome of a cache operation; a failure is never a miss. */
export type GateOutcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: CacheError }

/** The cache as the core sees it: every operation bounded in time, every failure a value and an event. */
export interface CacheGate {
  readonly cache: IAccessTokenCache
  /** Bound of each operation. */
  readonly timeoutMs: number
  get(key: string): Promise<GateOutcome<string | undefined>>
  set(key: string, value: string, expiresAtMs: number): Promise<GateOutcome<void>>
  remove(key: string): Promise<GateOutcome<void>>
  take(key: string, holder: string, ttlMs: number): Promise<GateOutcome<boolean>>
  commit(key: string, holder: string, value: string, expiresAtMs: number): Promise<GateOutcome<boolean>>
  release(key: string, holder: string): Promise<GateOutcome<void>>
  /** Whether the store failed when it was last asked for anything but the time. */
  isSilent(): boolean
  /** Now, Unix milliseconds, on the clock that records are written on: the latest that it may be there. */
  sharedNowMs(): Promise<number>
  /** The same without asking the store: reckoned on from its last word. */
  reckonedNowMs(): number
  /** The earliest that it may be there, by which moments are written down. */
  reckonedEarliestMs(): number
  /** Whether that clock's time is known; a store's own may not be, as long as it does not answer. */
  isTimeKnown(): boolean
  /** Now, on all clocks. */
  moment(): SharedMoment
  /** Milliseconds since a moment, at most. */
  msSince(moment: SharedMoment): number
  /** The same; a store that has a clock is asked for the time where this process's own clocks cannot tell. */
  sureMsSince(moment: SharedMoment): Promise<number>
}

/** What the gate of an account needs besides the cache. */
export interface CacheGateParts {
  readonly clock: Clock
  readonly timeoutMs: number
  /** Is told of each failure. */
  readonly onFailure: (error: CacheError) => void
  /** Called after each operation that worked. */
  readonly onSuccess: (operation: CacheErrorDetails['operation']) => void
  /** Tokens that a store's error may quote. */
  readonly tokens: () => readonly string[]
}

/** Guards a cache. */
export function cacheGate(
  cache: IAccessTokenCache,
  { clock, timeoutMs, onFailure, onSuccess, tokens }: CacheGateParts,
): CacheGate {
  const reach = cache.reach ?? 'process'
  let isSilent = false

  async function attempt<T>(
    operation: CacheErrorDetails['operation'],
    call: () => unknown,
    written?: string,
  ): Promise<GateOutcome<T>> {
    // Of now: by the time it fails, memory may have let go of them.
    const held = tokens()
    const failed = (problem: 'failed' | 'timeout', text: string, cause?: unknown): GateOutcome<never> => {
      const known = [...held, ...tokens(), ...tokenIn(written)]
      const lasting = lastingFailure(cause, known)
      const error = new CacheError(
        `cache: ${operation} ${text}`,
        { operation, reach, problem },
        {
          cause: scrubCause(cause, known),
          ...(lasting && { retryable: false, hint: lasting.hint }),
          ...(isOtherRequest(cause) && { hint: otherRequestHint }),
        },
      )
      if (operation !== 'now') isSilent = true
      onFailure(error)
      return { ok: false, error }
    }
    try {
      const pending = call() as Awaitable<T>
      const value = isPromiseLike(pending) ? await bounded(pending, clock, timeoutMs) : pending
      if (value === tooLate) return failed('timeout', `did not answer within ${timeoutMs} ms`)
      if (operation !== 'now') isSilent = false
      onSuccess(operation)
      return { ok: true, value }
    } catch (cause) {
      return failed('failed', 'failed', cause)
    }
  }

  const askStore = async (): Promise<number | undefined> => {
    const told = await attempt<number>('now', () => cache.nowMs?.())
    return told.ok && Number.isFinite(told.value) ? told.value : undefined
  }
  const time = new StoreClock(clock, cache.nowMs && askStore, timeoutMs, () => isSilent)
  const noLease = (): never => {
    throw new CacheError('cache: has no lease', { operation: 'take', reach, problem: 'failed' })
  }
  return {
    cache,
    timeoutMs,
    get: async (key) => {
      const found = await attempt<string | null | undefined>('get', () => cache.get(key))
      return found.ok
        ? { ok: true, value: typeof found.value === 'string' && found.value !== '' ? found.value : undefined }
        : found
    },
    set: (key, value, expiresAtMs) => attempt('set', () => cache.set(key, value, expiresAtMs), value),
    remove: (key) => attempt('remove', () => cache.remove(key)),
    take: (key, holder, ttlMs) => attempt('take', () => cache.lease?.take(key, holder, ttlMs) ?? noLease()),
    commit: (key, holder, value, expiresAtMs) =>
      attempt('commit', () => cache.lease?.commit(key, holder, value, expiresAtMs) ?? noLease(), value),
    release: (key, holder) => attempt('release', () => cache.lease?.release(key, holder)),
    isSilent: () => isSilent,
    sharedNowMs: () => time.nowMs(),
    reckonedNowMs: () => time.reckonedNowMs(),
    reckonedEarliestMs: () => time.reckonedEarliestMs(),
    isTimeKnown: () => time.isKnown(),
    moment: () => time.moment(),
    msSince: (moment) => time.msSince(moment),
    sureMsSince: (moment) => time.sureMsSince(moment),
  }
}

/** The token in a record's text: a store that cannot write it may quote it. */
function tokenIn(written: string | undefined): readonly string[] {
  const token = written === undefined ? undefined : parseObject(written)?.['access_token']
  return typeof token === 'string' ? [token] : []
}

/** What a store that does not answer is taken to have answered. */
const tooLate = Symbol('too late')

async function bounded<T>(pending: PromiseLike<T>, clock: Clock, timeoutMs: number): Promise<T | typeof tooLate> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      resolve(tooLate)
    }
    const timer = patientTimer(clock, giveUp, timeoutMs, { holdsProcess: true })
    pending.then(resolve, reject).then(
      () => {
        timer.cancel()
      },
      () => undefined,
    )
  })
}

function isPromiseLike<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
