import type { CacheChange } from '../cache.js'
import { systemClock, type Timer } from '../clock.js'
import { harmlessly } from '../events.js'

/** Writes are noticed within about this time. */
const betweenLooksMs = 1000

/** Change notifications for a store that cannot push them. */
export interface PolledFeed {
  readonly subscribe: (listener: (change: CacheChange) => void) => () => void
  readonly close: () => void
}

/**
 * Polls a store once a second while there are listeners, and notifies them of the keys that were written. The timer
 * does not keep the process alive.
 *
 * @param look returns the keys written since its last call; at the first call, all keys
 */
export function polledFeed(look: () => Promise<readonly string[]>): PolledFeed {
  const listeners = new Set<{ readonly tell: (change: CacheChange) => void }>()
  let timer: Timer | undefined
  let isClosed = false
  const arm = (): void => {
    timer = systemClock.setTimer(() => void lookOnce(), betweenLooksMs)
  }
  const lookOnce = async (): Promise<void> => {
    // A failed look is repeated: the next one finds what this one missed.
    const keys = await look().catch(() => [])
    for (const key of keys)
      for (const { tell } of [...listeners])
        harmlessly(() => {
          tell({ key })
        })
    if (listeners.size > 0) arm()
    else timer = undefined
  }
  return {
    subscribe: (listener) => {
      if (isClosed) return () => undefined
      const own = { tell: listener }
      listeners.add(own)
      if (timer === undefined) arm()
      return () => {
        listeners.delete(own)
      }
    },
    close: () => {
      isClosed = true
      listeners.clear()
      timer?.cancel()
    },
  }
}
