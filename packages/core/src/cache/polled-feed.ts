import type { CacheChange } from '../cache.js'
import { systemClock, type Timer } from '../clock.js'
import { harmlessly } from '../events.js'

/** A store that is looked at this often tells of a write within about a second. */
const betweenLooksMs = 1000

/** Listeners to a store that cannot call back by itself. */
export interface PolledFeed {
  readonly subscribe: (listener: (change: CacheChange) => void) => () => void
  readonly close: () => void
}

/**
 * Looks at a store once a second while there are listeners, and tells them which keys were written. The timer does not keep
 * the process alive.
 *
 * @param look gives the keys that were written since it was last asked; the first time, of all that stand there
 */
export function polledFeed(look: () => Promise<readonly string[]>): PolledFeed {
  const listeners = new Set<{ readonly tell: (change: CacheChange) => void }>()
  let timer: Timer | undefined
  let isClosed = false
  const arm = (): void => {
    timer = systemClock.setTimer(() => void lookOnce(), betweenLooksMs)
  }
  const lookOnce = async (): Promise<void> => {
    // A store that does not answer is asked again: the next look finds what this one could not.
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
