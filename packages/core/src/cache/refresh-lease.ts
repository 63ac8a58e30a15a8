import { randomUUID } from 'node:crypto'
import type { CacheGate } from './bounded-cache.js'
import type { Clock, Timer } from '../clock.js'
import type { SharedMoment } from './store-clock.js'

/** A lease lives this long; a killed holder is replaced after at most this time. */
const leaseMs = 2000
/** A living holder renews in time for two tries before it would lose the lease. */
const renewEveryMs = leaseMs / 3

/** The right to refresh, held and renewed until it is given back. */
export interface HeldLease {
  /** `lost`: somebody else has it; `doubtful`: at some moment since it was taken somebody else may have had it. */
  state(): 'held' | 'doubtful' | 'lost'
  /**
   * Ends the renewing. `true` when the lease was ever renewed: a holder that was stopped in between may have taken it anew
   * after others had it, so the record has to be looked at again before it is written.
   */
  settle(): Promise<boolean>
  /** Writes and gives the lease back; `lost` where another process has it, `unknown` where the store did not say. */
  commit(value: string, expiresAtMs: number): Promise<'written' | 'lost' | 'unknown'>
  /** Gives the lease back, if that has not happened yet. */
  release(): Promise<void>
}

/**
 * What came of taking a lease.
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

/** Tries to take the lease of a key, once. */
export async function takeLease(gate: CacheGate, clock: Clock, key: string): Promise<Taken> {
  if (gate.cache.lease === undefined) return { kind: 'unavailable' }
  const holder = randomUUID()
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
  let isHeld = true
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
        // A store that failed may answer the next time; one that says no has given the lease away.
        isLost = renewed.ok && !renewed.value
        // It may have run out before this reached the store.
        if ((await gate.sureMsSince(heldAt)) >= leaseMs) hasGap = true
        if (renewed.ok && renewed.value) heldAt = askedAt
        if (isHeld && !isLost) arm()
      })
    }, renewEveryMs)
  }
  arm()
  // A renewal that is still on its way could take the lease anew after it was given back.
  const settle = async (): Promise<boolean> => {
    isHeld = false
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
