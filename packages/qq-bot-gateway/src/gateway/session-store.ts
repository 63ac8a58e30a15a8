import { randomUUID } from 'node:crypto'
import type { Timer } from '@lingpai/core'
import { cacheCall, type CacheUse } from './cache-call.js'
import { pauseUntilAborted } from '@lingpai/core/internal'
import type { GatewaySession } from './protocol.js'

/**
 * Stores a session in a cache, so that a restarted process resumes it. With a cache that has a lease, one process at a time owns the
 * session. If the cache fails, the session cannot be resumed; nothing else is affected.
 */
export interface SessionStore {
  /** Takes ownership and returns the session that the last owner stored. Waits for an owner that may have died. */
  open(signal: AbortSignal): Promise<GatewaySession | undefined>
  /** Stores the session: at once if it is a different one, otherwise within a second. */
  store(session: GatewaySession | undefined): void
  /** Whether another process owns the session now. A process that was suspended can lose it. */
  isLost(): Promise<boolean>
  /** Writes what is pending and releases the session to the next owner. */
  close(): Promise<void>
}

/** What a session store needs. */
export interface SessionStoreOptions extends CacheUse {
  readonly key: string
  /** Identifies intents and shard: a session that was started with others cannot be resumed. */
  readonly kind: string
}

/** An owner that died is replaced after this time. */
const leaseMs = 6000
const renewEveryMs = leaseMs / 3
/** Maximum delay of writing a sequence number, and so of what a crash replays. */
const writeEveryMs = 1000
/** No session of the platform lives longer. */
const storedMs = 86_400_000

/** Creates the store of one gateway. */
export function sessionStore(options: SessionStoreOptions): SessionStore {
  return new CachedSession(options)
}

class CachedSession implements SessionStore {
  readonly #options: SessionStoreOptions
  readonly #holder = randomUUID()
  /** `lost`: another process owns the session that this process owned, and the gateway has not been told yet. */
  #role: 'owner' | 'lost' | 'none' = 'none'
  #renewal: Timer | undefined
  #writing: Timer | undefined
  #session: GatewaySession | undefined
  #written: GatewaySession | undefined
  #work: Promise<unknown> = Promise.resolve()

  constructor(options: SessionStoreOptions) {
    this.#options = options
  }

  async open(signal: AbortSignal): Promise<GatewaySession | undefined> {
    const { cache, clock, key, kind } = this.#options
    const endsAtMs = clock.monotonic() + leaseMs + renewEveryMs
    while (!(await this.#own()) && !signal.aborted) {
      if (clock.monotonic() >= endsAtMs) return undefined
      await pauseUntilAborted(clock, renewEveryMs / 2, signal, { holdsProcess: true })
    }
    this.#arm()
    const stored = await cacheCall(this.#options, 'get', () => cache.get(key))
    this.#session = decode(stored.ok ? stored.value : undefined, kind)
    this.#written = this.#session
    return this.#session
  }

  store(session: GatewaySession | undefined): void {
    const isOther = session?.id !== this.#session?.id
    this.#session = session
    if (this.#role !== 'owner') return
    if (isOther) this.#write()
    else
      this.#writing ??= this.#options.clock.setTimer(() => {
        this.#write()
      }, writeEveryMs)
  }

  async isLost(): Promise<boolean> {
    await this.#work
    if (this.#role === 'owner') {
      await this.#own()
      this.#arm()
    }
    if (this.#role !== 'lost') return false
    this.#role = 'none'
    return true
  }

  async close(): Promise<void> {
    this.#renewal?.cancel()
    const wasOwner = this.#role === 'owner'
    if (wasOwner) this.#write()
    this.#role = 'none'
    await this.#work
    const { cache, key } = this.#options
    if (wasOwner) await cacheCall(this.#options, 'release', () => cache.lease?.release(key, this.#holder))
  }

  /** Takes or renews the lease. @returns whether this process owns the session now */
  async #own(): Promise<boolean> {
    const { cache, key } = this.#options
    const { lease } = cache
    if (lease === undefined) {
      this.#role = 'owner'
      return true
    }
    const taken = await cacheCall(this.#options, 'take', () => lease.take(key, this.#holder, leaseMs))
    // If the store fails, no other process has taken the session.
    if (taken.ok && taken.value) this.#role = 'owner'
    else if (taken.ok && this.#role === 'owner') this.#role = 'lost'
    return this.#role === 'owner'
  }

  #arm(): void {
    this.#renewal?.cancel()
    if (this.#role !== 'owner' || this.#options.cache.lease === undefined) return
    this.#renewal = this.#options.clock.setTimer(() => {
      this.#inTurn(async () => {
        if (this.#role === 'owner' && (await this.#own())) this.#arm()
      })
    }, renewEveryMs)
  }

  /** Writes run one after another; each writes the session that is current when it starts. */
  #write(): void {
    this.#writing?.cancel()
    this.#writing = undefined
    const { cache, key, kind, clock } = this.#options
    this.#inTurn(async () => {
      const session = this.#session
      if (session === this.#written) return
      this.#written = session
      const text = JSON.stringify({ kind, ...session })
      if (session === undefined) await cacheCall(this.#options, 'remove', () => cache.remove(key))
      else await cacheCall(this.#options, 'set', () => cache.set(key, text, clock.now() + storedMs))
    })
  }

  #inTurn(work: () => Promise<void>): void {
    this.#work = this.#work.then(work)
  }
}

function decode(text: string | null | undefined, kind: string): GatewaySession | undefined {
  try {
    const { kind: stored, id, seq } = JSON.parse(text ?? '') as Readonly<Record<string, unknown>>
    const isGood = stored === kind && typeof id === 'string' && typeof seq === 'number' && seq >= 0
    return isGood ? { id, seq } : undefined
  } catch {
    return undefined
  }
}
