import type { Clock, Timer } from '@lingpai/core'
import { ApiError } from './api-error.js'
import type { Caller } from '../auth/caller.js'
import type { ClientKeys } from '../keys/client-keys.js'

/** When a client should try again. */
const retryAfterMs = 10_000

/** Limits the requests that stay open: event streams and long polls. */
export interface HeldOpen {
  /**
   * Counts an open request. `end` is called at most once, when the request must end: with an error if the key changed or the session
   * ended, without one if the server shuts down.
   *
   * @returns releases the place
   * @throws ApiError 429 if all places are taken, 503 while the server shuts down
   */
  hold(caller: Caller, end: (error?: ApiError) => void): () => void
  /** Ends the requests of a session that was signed out. */
  endSession(id: string): void
  /** Number of open requests. */
  readonly size: number
  close(): void
}

interface Hold {
  readonly caller: Caller
  readonly end: (error?: ApiError) => void
}

/** Options of {@link heldOpen}. */
export interface HeldOpenParts {
  readonly keys: ClientKeys
  readonly clock: Clock
  readonly draining: AbortSignal
  /** Most event streams and long polls of one key at the same time. @default 200 */
  readonly mostOfAKey?: number
  /** Most event streams and long polls of all keys together; less than the connections that the server accepts. @default 4000 */
  readonly mostInAll?: number
}

/** Counts open requests and ends them. */
export function heldOpen({ keys, clock, draining, mostOfAKey = 200, mostInAll = 4000 }: HeldOpenParts): HeldOpen {
  const held = new Set<Hold>()
  const ofKey = new Map<string, number>()
  const endThose = (isMeant: (caller: Caller) => boolean, errorOf?: () => ApiError): void => {
    for (const { caller, end } of [...held]) if (isMeant(caller)) end(errorOf?.())
  }
  const stop = keys.onChange(() => {
    endThose(
      ({ key }) => keys.find(key.id) !== key,
      () => new ApiError('ERR_UNAUTHENTICATED', 'the client key was changed or revoked'),
    )
  })
  draining.addEventListener(
    'abort',
    () => {
      endThose(() => true)
    },
    { once: true },
  )
  return {
    hold: (caller, end) => {
      const { id } = caller.key
      const own = ofKey.get(id) ?? 0
      if (draining.aborted) throw new ApiError('ERR_UNAVAILABLE', 'the server is shutting down', { retryAfterMs: 1000 })
      if (own >= mostOfAKey) throw tooMany('too many open event streams and long polls for this key')
      if (held.size >= mostInAll) throw tooMany('too many open event streams and long polls')
      let isEnded = false
      const endOnce = (error?: ApiError): void => {
        if (isEnded) return
        isEnded = true
        end(error)
      }
      const hold = { caller, end: endOnce }
      const timer = caller.session && endAt(clock, caller.session.untilMs, endOnce)
      held.add(hold)
      ofKey.set(id, own + 1)
      return () => {
        timer?.cancel()
        if (!held.delete(hold)) return
        const left = (ofKey.get(id) ?? 1) - 1
        if (left > 0) ofKey.set(id, left)
        else ofKey.delete(id)
      }
    },
    endSession: (id) => {
      endThose(({ session }) => session?.id === id, sessionEnded)
    },
    get size() {
      return held.size
    },
    close: stop,
  }
}

function endAt(clock: Clock, untilMs: number, end: (error: ApiError) => void): Timer {
  return clock.setTimer(
    () => {
      end(sessionEnded())
    },
    Math.max(0, untilMs - clock.now()),
  )
}

function sessionEnded(): ApiError {
  return new ApiError('ERR_UNAUTHENTICATED', 'the session has ended')
}

function tooMany(text: string): ApiError {
  return new ApiError('ERR_RATE_LIMITED', text, { retryAfterMs })
}
