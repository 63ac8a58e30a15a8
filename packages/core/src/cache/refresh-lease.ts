import type { CacheGate } from './bounded-cache.js'
import type { Clock, Timer } from '../clock.js'
import type { SharedMoment } from './store-clock.js'
import { nodeCrypto } from '../node-crypto.js'

/** Duration of a lease. A killed holder is replaced after at most this time. */
const leaseMs = 2000
/** A live holder has time for two attempts to renew before it loses the lease. */
const renewEveryMs = leaseMs / 3

/** The right to refresh, renewed until it is released. */
export interface HeldLease {
  /** `lost`: another process has it. `doubtful`: another process may have had it at some moment since it was taken. */
  state(): 'held' | 'doubtful' | 'lost'
  /**
   * Stops renewing the lease. Returns `true` if it was ever renewed: a holder that was stopped in between may have
   * taken it again after other processes had it, so the record must be read again before a write.
   */
  settle(): Promise<boolean>
  /** Writes the record and releases the lease. `lost`: another process has it. `unknown`: the store did not say. */
  commit(value: string, expiresAtMs: number): Promise<'written' | 'lost' | 'unknown'>
  /** Releases the lease, unless that has already happened. */
  release(): Promise<void>
}

/**
 * Outcome of an attempt to take a lease.
 *
 * - `busy`: another process holds it
 * - `unavailable`: the store has no leases
 * - `unknown`: the store did not say
 */
export type Taken =
  | { readonly kind: 'held'; readonly lease: HeldLease }
  | { readonly kind: 'busy' }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'unknown' }

/** Tries once to take the lease of a key. */
export async function takeLease(gate: CacheGate, clock: Clock, key: string): Promise<Taken> {
  if (gate.cache.lease === undefined) return { kind: 'unavailable' }
  const holder = nodeCrypto().randomUUID()
  const takenAt = gate.moment()
  const taken = await gate.take(key, holder, leaseMs)
  if (!taken.ok) return { kind: 'unknown' }
  return taken.value ? { kind: 'held', lease: holdLease(gate, clock, key, { holder, takenAt }) } : { kind: 'busy' }
}

function holdLease(
  gate: CacheGate,
  clock: Clock,
  key: string,
  { holder, takenAt }: { readonly holder: string; readonly takenAt: SharedMoment },
): HeldLease {
  let timer: Timer | undefined
  let renewal = Promise.resolve()
  let isSettled = false
  let isLost = false
  let hasGap = false
  let heldAt = takenAt
  let wasRenewed = false
  let isGivenBack = false
  const arm = (): void => {
    timer = clock.setTimer(() => {
      wasRenewed = true
      const askedAt = gate.moment()
      renewal = gate.take(key, holder, leaseMs).then(async (renewed) => {
        // A failed renewal may succeed the next time; a rejected one means that the lease is lost.
        isLost = renewed.ok && !renewed.value
        // The lease may have expired before this request reached the store.
        if ((await gate.sureMsSince(heldAt)) >= leaseMs) hasGap = true
        if (renewed.ok && renewed.value) heldAt = askedAt
        if (!isSettled && !isLost) arm()
      })
    }, renewEveryMs)
  }
  arm()
  // A pending renewal could take the lease again after it was released.
  const settle = async (): Promise<boolean> => {
    isSettled = true
    timer?.cancel()
    await renewal
    return wasRenewed
  }
  return {
    state: () => {
      if (isLost) return 'lost'
      return hasGap || gate.msSince(heldAt) >= leaseMs ? 'doubtful' : 'held'
    },
    settle,
    commit: async (value, expiresAtMs) => {
      await settle()
      isGivenBack = true
      const written = await gate.commit(key, holder, value, expiresAtMs)
      if (!written.ok) return 'unknown'
      return written.value ? 'written' : 'lost'
    },
    release: async () => {
      if (isGivenBack) return
      isGivenBack = true
      await settle()
      await gate.release(key, holder)
    },
  }
}
