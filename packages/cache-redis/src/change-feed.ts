import type { CacheChange } from '@lingpai/core'
import { readChange } from '@lingpai/core/internal'
import type { Link } from './redis-link.js'

/** The channel of write notifications. A restricted Redis user needs access to it (`&lingpai:changes`). */
export const changeChannel = 'lingpai:changes'

/** The listeners and their connection, which opens with the first listener and closes with the last. */
export interface ChangeFeed {
  readonly subscribe: (listener: (change: CacheChange) => void) => () => void
  readonly close: () => void
}

/** @param open opens a connection that passes each ready link to `onReady`; returns a function that closes it */
export function changeFeed(open: (onReady: (link: Pick<Link, 'client'>) => void) => () => void): ChangeFeed {
  const listeners = new Set<{ readonly tell: (change: CacheChange) => void }>()
  let closeConnection: (() => void) | undefined
  let isClosed = false
  const onMessage = (message: string): void => {
    const change = readChange(message)
    if (change === undefined) return
    for (const { tell } of [...listeners]) {
      try {
        tell(change)
      } catch {
        // A listener that throws must not affect the others or the connection.
      }
    }
  }
  const closeIfIdle = (): void => {
    if (listeners.size > 0) return
    closeConnection?.()
    closeConnection = undefined
  }
  return {
    subscribe: (listener) => {
      const own = { tell: listener }
      if (isClosed) return () => undefined
      listeners.add(own)
      closeConnection ??= open((link) => {
        link
          .client()
          .subscribe(changeChannel, onMessage)
          .catch(() => undefined)
      })
      return () => {
        listeners.delete(own)
        closeIfIdle()
      }
    },
    close: () => {
      isClosed = true
      listeners.clear()
      closeIfIdle()
    },
  }
}
