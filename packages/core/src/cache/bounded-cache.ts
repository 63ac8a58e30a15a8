import type { Awaitable, IAccessTokenCache } from '../cache.js'
import type { Clock } from '../clock.js'
import { CacheError, type CacheErrorDetails } from '../errors.js'
import { isOtherRequest, otherRequestHint } from '../http/other-request.js'
import { lastingFailure } from './lasting-failure.js'
import { patientTimer } from '../time/patient-timer.js'
import { scrubCause } from '../secrecy/redact.js'
import { StoreClock, type SharedMoment } from './store-clock.js'
import { parseObject } from '../token-record.js'

/** Outcome of a cache operation. A failure is never a miss. */
export type GateOutcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: CacheError }

/** The cache with limits: every operation ends in time, and every failure is a value and an event. */
export interface CacheGate {
  readonly cache: IAccessTokenCache
  /** Limit of each operation in milliseconds. */
  readonly timeoutMs: number
  get(key: string): Promise<GateOutcome<string | undefined>>
  set(key: string, value: string, expiresAtMs: number): Promise<GateOutcome<void>>
  remove(key: string): Promise<GateOutcome<void>>
  take(key: string, holder: string, ttlMs: number): Promise<GateOutcome<boolean>>
  commit(key: string, holder: string, value: string, expiresAtMs: number): Promise<GateOutcome<boolean>>
  release(key: string, holder: string): Promise<GateOutcome<void>>
  /** Whether the last operation failed, calls of `nowMs` aside. */
  isSilent(): boolean
  /** The current time on the clock that records use, in Unix milliseconds: the latest that it may be. */
  sharedNowMs(): Promise<number>
  /** The same without I/O, extrapolated from the store's last response. */
  reckonedNowMs(): number
  /** The earliest current time on that clock, without I/O. Moments are stored by it. */
  reckonedEarliestMs(): number
  /** Whether the time of that clock is known. A store's own time is unknown until it responds. */
  isTimeKnown(): boolean
  /** The current moment on all clocks. */
  moment(): SharedMoment
  /** The most milliseconds that may have passed since a moment. */
  msSince(moment: SharedMoment): number
  /** The same; asks a store with a clock if this process's own clocks cannot tell. */
  sureMsSince(moment: SharedMoment): Promise<number>
}

/** What a bounded cache needs besides the cache. */
export interface CacheGateParts {
  readonly clock: Clock
  readonly timeoutMs: number
  /** Called with each failure. */
  readonly onFailure: (error: CacheError) => void
  /** Called after each successful operation. */
  readonly onSuccess: (operation: CacheErrorDetails['operation']) => void
  /** Tokens that must be masked in the store's errors. */
  readonly tokens: () => readonly string[]
}

/** Limits the duration of a cache's operations, and turns their failures into values. */
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
    // Snapshot: these may be gone from memory when the call fails.
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

/** The token in a record's text, which the error of a failed write may quote. */
function tokenIn(written: string | undefined): readonly string[] {
  const token = written === undefined ? undefined : parseObject(written)?.['access_token']
  return typeof token === 'string' ? [token] : []
}

/** Stands for the response of a store that did not respond in time. */
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
