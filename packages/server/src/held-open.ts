import type { Clock, Timer } from '@lingpai/core'
import { ApiError } from './api-error.js'
import type { Caller } from './caller.js'
import type { ClientKeys } from './keys/client-keys.js'

/** When a place may be free again. */
const retryAfterMs = 10_000

/** What callers keep open: event streams and long polls, under one bound. */
export interface HeldOpen {
  /**
   * Takes a place. `end` is called at most once, as soon as the caller may not go on: with the error where the key was revoked or
   * changed or the session is over, without one where the server drains.
   *
   * @returns Gives the place back.
   * @throws ApiError 429 where all places are taken, 503 while the server drains
   */
  hold(caller: Caller, end: (refusal?: ApiError) => void): () => void
  /** Ends what a session holds: it was signed out. */
  endSession(id: string): void
  /** Places that are taken. */
  readonly size: number
  close(): void
}

interface Hold {
  readonly caller: Caller
  readonly end: (refusal?: ApiError) => void
}

/** What the bound stands on. */
export interface HeldOpenParts {
  readonly keys: ClientKeys
  readonly clock: Clock
  readonly draining: AbortSignal
  /** Event streams and long polls of one key at the same time. @default 200 */
  readonly mostOfAKey?: number
  /** Those of all keys together: a part of the connections that the server takes. @default 4000 */
  readonly mostInAll?: number
}

/** Counts and ends what is held open. */
export function heldOpen({ keys, clock, draining, mostOfAKey = 200, mostInAll = 4000 }: HeldOpenParts): HeldOpen {
  const held = new Set<Hold>()
  const ofKey = new Map<string, number>()
  const endThose = (isMeant: (caller: Caller) => boolean, refusal?: () => ApiError): void => {
    for (const { caller, end } of [...held]) if (isMeant(caller)) end(refusal?.())
  }
  const stop = keys.onChange(() => {
    endThose(
      ({ key }) => keys.find(key.id) !== key,
      () => new ApiError('ERR_UNAUTHENTICATED', 'the key was changed'),
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
      if (draining.aborted) throw new ApiError('ERR_UNAVAILABLE', 'the server is ending', { retryAfterMs: 1000 })
      if (own >= mostOfAKey) throw tooMany('this key holds too many streams and polls open')
      if (held.size >= mostInAll) throw tooMany('too many streams and polls are open')
      let isEnded = false
      const endOnce = (refusal?: ApiError): void => {
        if (isEnded) return
        isEnded = true
        end(refusal)
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
      endThose(({ session }) => session?.id === id, sessionOver)
    },
    get size() {
      return held.size
    },
    close: stop,
  }
}

function endAt(clock: Clock, untilMs: number, end: (refusal: ApiError) => void): Timer {
  return clock.setTimer(
    () => {
      end(sessionOver())
    },
    Math.max(0, untilMs - clock.now()),
  )
}

function sessionOver(): ApiError {
  return new ApiError('ERR_UNAUTHENTICATED', 'the session is over')
}

function tooMany(text: string): ApiError {
  return new ApiError('ERR_RATE_LIMITED', text, { retryAfterMs })
}
