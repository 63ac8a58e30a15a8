import type { CacheChange } from '../cache.js'
import { systemClock, type Timer } from '../clock.js'
import { harmlessly } from '../events.js'
import { oneAtATime } from '../time/one-at-a-time.js'

/** Writes are noticed within about this time. */
const betweenLooksMs = 1000

/** Change notifications for a store that cannot push them. */
export interface PolledFeed {
  readonly subscribe: (listener: (change: CacheChange) => void) => () => void
  readonly close: () => void
}

/** Notices a write before the next look, where the system can. */
export interface FeedWatch {
  /** Begins to call `wake` at each write, unless it does so already. Called again before each look, because a watch may end. */
  readonly begin: (wake: () => void) => void
  readonly end: () => void
}

const noWatch: FeedWatch = { begin: () => undefined, end: () => undefined }

/**
 * Polls a store once a second while there are listeners, and notifies them of what was written. Neither the timer nor the
 * watch may keep the process alive.
 *
 * @param look returns the writes since its last call; at the first call, all that are known
 */
export function polledFeed(look: () => Promise<readonly CacheChange[]>, watch: FeedWatch = noWatch): PolledFeed {
  const listeners = new Set<{ readonly tell: (change: CacheChange) => void }>()
  let timer: Timer | undefined
  let isClosed = false
  const lookOnce = oneAtATime(async () => {
    // A failed look is repeated: the next one finds what this one missed.
    const changes = await look().catch(() => [])
    for (const change of changes)
      for (const { tell } of [...listeners])
        harmlessly(() => {
          tell(change)
        })
  })
  const begin = (): void => {
    watch.begin(lookOnce)
    timer = systemClock.setTimer(() => {
      timer = undefined
      if (listeners.size === 0) {
        watch.end()
        return
      }
      begin()
      lookOnce()
    }, betweenLooksMs)
  }
  return {
    subscribe: (listener) => {
      if (isClosed) return () => undefined
      const own = { tell: listener }
      listeners.add(own)
      if (timer === undefined) begin()
      return () => {
        listeners.delete(own)
      }
    },
    close: () => {
      isClosed = true
      listeners.clear()
      watch.end()
      timer?.cancel()
    },
  }
}
