import { randomUUID } from 'node:crypto'
import type { Timer } from '@lingpai/core'
import { cacheCall, type CacheUse } from './cache-call.js'
import { pause } from './pause.js'
import type { GatewaySession } from './protocol.js'

/**
 * Keeps a session in a cache, so that a restarted process resumes it. One process at a time owns it, where the cache has a lease.
 * A cache that fails costs a resume, nothing more.
 */
export interface SessionStore {
  /** The session that the last owner left, once this process owns it; waits for an owner that may have died. */
  open(signal: AbortSignal): Promise<GatewaySession | undefined>
  /** Keeps this session, at once when it is another one, else within a second. */
  keep(session: GatewaySession | undefined): void
  /** Whether somebody else owns the session now: a process that was stopped for a while finds out. */
  isLost(): Promise<boolean>
  /** Writes what is left to write, and gives the session to the next owner. */
  close(): Promise<void>
}

/** What a store is made of. */
export interface SessionStoreOptions extends CacheUse {
  readonly key: string
  /** Intents and shard: a session that was started with others is no use. */
  readonly kind: string
}

/** A dead owner is replaced after this time. */
const leaseMs = 6000
const renewEveryMs = leaseMs / 3
/** How late a sequence number may be written: a crash replays so much. */
const writeEveryMs = 1000
/** No platform keeps a session for longer. */
const keptMs = 86_400_000

/** A store for one gateway. */
export function sessionStore(options: SessionStoreOptions): SessionStore {
  return new CachedSession(options)
}

class CachedSession implements SessionStore {
  readonly #options: SessionStoreOptions
  readonly #holder = randomUUID()
  /** `lost`: somebody else owns the session that this process had, and it has not been told yet. */
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
      await pause(clock, renewEveryMs / 2, signal)
    }
    this.#arm()
    const stored = await cacheCall(this.#options, 'get', () => cache.get(key))
    this.#session = decode(stored.ok ? stored.value : undefined, kind)
    this.#written = this.#session
    return this.#session
  }

  keep(session: GatewaySession | undefined): void {
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

  /** Takes the lease, or renews it. @returns whether this process owns the session now */
  async #own(): Promise<boolean> {
    const { cache, key } = this.#options
    const { lease } = cache
    if (lease === undefined) {
      this.#role = 'owner'
      return true
    }
    const taken = await cacheCall(this.#options, 'take', () => lease.take(key, this.#holder, leaseMs))
    // A store that cannot say has given nothing away.
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

  /** Writes go one after another; each writes what is current when its turn comes. */
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
      else await cacheCall(this.#options, 'set', () => cache.set(key, text, clock.now() + keptMs))
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
