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
  /** Writes and gives the lease back; `false` when it was lost, `'unknown'` when the store did not say. */
  commit(value: string, expiresAtMs: number): Promise<boolean | 'unknown'>
  release(): Promise<void>
}

/**
 * Tries to take the lease of a key, once.
 *
 * @returns `'busy'` when somebody else holds it, `'unavailable'` when the store has none, `'unknown'` when it did not say.
 */
export async function takeLease(
  gate: CacheGate,
  clock: Clock,
  key: string,
): Promise<HeldLease | 'busy' | 'unavailable' | 'unknown'> {
  if (gate.cache.lease === undefined) return 'unavailable'
  const holder = randomUUID()
  const takenAt = gate.moment()
  const taken = await gate.take(key, holder, leaseMs)
  if (!taken.ok) return 'unknown'
  return taken.value ? holdLease(gate, clock, key, { holder, takenAt }) : 'busy'
}

/** Gives a lease back, where the store has one to give. */
export async function giveBack(lease: HeldLease | 'unavailable'): Promise<void> {
  if (lease !== 'unavailable') await lease.release()
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
      const written = await gate.commit(key, holder, value, expiresAtMs)
      return written.ok ? written.value : 'unknown'
    },
    release: async () => {
      await settle()
      await gate.release(key, holder)
    },
  }
}
