import type { Awaitable, IAccessTokenCache } from '../cache.js'
import type { Clock } from '../clock.js'
import { CacheError, type CacheErrorDetails } from '../errors.js'
import { isOtherRequest, otherRequestHint } from '../http/other-request.js'
import { lastingFailure } from './lasting-failure.js'
import { patientTimer } from '../time/patient-timer.js'
import { scrubCause } from '../secrecy/redact.js'
import { StoreClock, type SharedMoment, type TimeAsker } from './store-clock.js'
import { parseObject } from '../token-record.js'

/** Outcome of a cache operation. A failure is never a miss. */
export type GateOutcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: CacheError }

/** The cache of a manager, with what all its accounts know of it. */
export class BoundedStore {
  readonly cache: IAccessTokenCache
  readonly clock: Clock
  /** Limit of each operation in milliseconds. */
  readonly timeoutMs: number
  readonly time: StoreClock

  constructor(cache: IAccessTokenCache, clock: Clock, timeoutMs: number) {
    this.cache = cache
    this.clock = clock
    this.timeoutMs = timeoutMs
    this.time = new StoreClock(clock, cache.nowMs !== undefined, timeoutMs)
  }
}

/** The account that operations of a cache are for. */
export interface CacheUser {
  /** Called with each failure. */
  onCacheFailure(error: CacheError): void
  /** Called after each successful operation. */
  onCacheSuccess(operation: CacheErrorDetails['operation']): void
  /** Whether its last operation failed. */
  isCacheSilent(): boolean
  /** Tokens that must be masked in the store's errors. */
  heldTokens(): readonly string[]
}

/** The cache with limits, for one account: every operation ends in time, and every failure is a value and an event. */
export class CacheGate implements TimeAsker {
  readonly #store: BoundedStore
  readonly #user: CacheUser

  constructor(store: BoundedStore, user: CacheUser) {
    this.#store = store
    this.#user = user
  }

  get cache(): IAccessTokenCache {
    return this.#store.cache
  }

  /** Limit of each operation in milliseconds. */
  get timeoutMs(): number {
    return this.#store.timeoutMs
  }

  async get(key: string): Promise<GateOutcome<string | undefined>> {
    const found = await this.#attempt<string | null | undefined>('get', () => this.cache.get(key))
    if (!found.ok) return found
    return { ok: true, value: typeof found.value === 'string' && found.value !== '' ? found.value : undefined }
  }

  set(key: string, value: string, expiresAtMs: number): Promise<GateOutcome<void>> {
    return this.#attempt('set', () => this.cache.set(key, value, expiresAtMs), value)
  }

  remove(key: string): Promise<GateOutcome<void>> {
    return this.#attempt('remove', () => this.cache.remove(key))
  }

  take(key: string, holder: string, ttlMs: number): Promise<GateOutcome<boolean>> {
    return this.#attempt('take', () => this.cache.lease?.take(key, holder, ttlMs) ?? this.#noLease())
  }

  commit(key: string, holder: string, value: string, expiresAtMs: number): Promise<GateOutcome<boolean>> {
    const call = (): unknown => this.cache.lease?.commit(key, holder, value, expiresAtMs) ?? this.#noLease()
    return this.#attempt('commit', call, value)
  }

  release(key: string, holder: string): Promise<GateOutcome<void>> {
    return this.#attempt('release', () => this.cache.lease?.release(key, holder))
  }

  /** Whether the last operation failed, questions for the time aside. */
  isSilent(): boolean {
    return this.#user.isCacheSilent()
  }

  async askTime(): Promise<number | undefined> {
    const told = await this.#attempt<number>('now', () => this.cache.nowMs?.())
    return told.ok && Number.isFinite(told.value) ? told.value : undefined
  }

  /** The current time on the clock that records use, in Unix milliseconds: the latest that it may be. */
  sharedNowMs(): Promise<number> {
    return this.#store.time.nowMs(this)
  }

  /** The same without I/O, extrapolated from the store's last response. */
  reckonedNowMs(): number {
    return this.#store.time.reckonedNowMs()
  }

  /** The earliest current time on that clock, without I/O. Moments are stored by it. */
  reckonedEarliestMs(): number {
    return this.#store.time.reckonedEarliestMs()
  }

  /** Whether the time of that clock is known. A store's own time is unknown until it responds. */
  isTimeKnown(): boolean {
    return this.#store.time.isKnown()
  }

  /** The current moment on all clocks. */
  moment(): SharedMoment {
    return this.#store.time.moment()
  }

  /** The most milliseconds that may have passed since a moment. */
  msSince(moment: SharedMoment): number {
    return this.#store.time.msSince(moment)
  }

  /** The same; asks a store with a clock if this process's own clocks cannot tell. */
  sureMsSince(moment: SharedMoment): Promise<number> {
    return this.#store.time.sureMsSince(moment, this)
  }

  async #attempt<T>(
    operation: CacheErrorDetails['operation'],
    call: () => unknown,
    written?: string,
  ): Promise<GateOutcome<T>> {
    const { clock, timeoutMs } = this.#store
    // Snapshot: these may be gone from memory when the call fails.
    const held = this.#user.heldTokens()
    try {
      const pending = call() as Awaitable<T>
      const value = isPromiseLike(pending) ? await bounded(pending, clock, timeoutMs) : pending
      if (value === tooLate) {
        return this.#failed(operation, 'timeout', `did not answer within ${timeoutMs} ms`, { held, written })
      }
      this.#user.onCacheSuccess(operation)
      return { ok: true, value }
    } catch (cause) {
      return this.#failed(operation, 'failed', 'failed', { held, written, cause })
    }
  }

  #failed(
    operation: CacheErrorDetails['operation'],
    problem: 'failed' | 'timeout',
    text: string,
    {
      held,
      written,
      cause,
    }: { readonly held: readonly string[]; readonly written?: string | undefined; readonly cause?: unknown },
  ): GateOutcome<never> {
    const known = [...held, ...this.#user.heldTokens(), ...tokenIn(written)]
    const lasting = lastingFailure(cause, known)
    const error = new CacheError(
      `cache: ${operation} ${text}`,
      { operation, reach: this.cache.reach ?? 'process', problem },
      {
        cause: scrubCause(cause, known),
        ...(lasting && { retryable: false, hint: lasting.hint }),
        ...(isOtherRequest(cause) && { hint: otherRequestHint }),
      },
    )
    this.#user.onCacheFailure(error)
    return { ok: false, error }
  }

  #noLease(): never {
    const reach = this.cache.reach ?? 'process'
    throw new CacheError('cache: has no lease', { operation: 'take', reach, problem: 'failed' })
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
