import { ConfigError, type AnyLingpaiError } from '@lingpai/core'
import type { GatewayDispatch } from './gateway-dispatch.js'

/** Events for one `for await`. */
export interface EventQueue extends AsyncIterableIterator<GatewayDispatch> {
  push(dispatch: GatewayDispatch): void
  /** Ends it once what is queued has been taken; with an error, rejects then. */
  finish(error?: AnyLingpaiError): void
  return(): Promise<IteratorReturnResult<undefined>>
}

interface Waiting {
  readonly resolve: (result: IteratorResult<GatewayDispatch, undefined>) => void
  readonly reject: (error: unknown) => void
}

const end: IteratorReturnResult<undefined> = { done: true, value: undefined }

/**
 * A queue of events between the gateway and a loop.
 *
 * @param most events that wait at most; one more ends the queue with a ConfigError, because dropping it in silence would lose it
 * @param ended called when nobody takes from it any more
 */
export function eventQueue(most: number, ended: () => void): EventQueue {
  let waiting: Waiting[] = []
  let queued: GatewayDispatch[] = []
  let first = 0
  let finished: { readonly error: AnyLingpaiError | undefined } | undefined
  const finish = (error?: AnyLingpaiError): void => {
    if (finished !== undefined) return
    finished = { error }
    ended()
    for (const { resolve, reject } of waiting) {
      if (error === undefined) resolve(end)
      else reject(error)
    }
    waiting = []
  }
  const take = (): GatewayDispatch | undefined => {
    const dispatch = queued[first]
    if (dispatch === undefined) return undefined
    first += 1
    if (first * 2 > queued.length) {
      queued = queued.slice(first)
      first = 0
    }
    return dispatch
  }
  return {
    push: (dispatch) => {
      if (finished !== undefined) return
      const taker = waiting.shift()
      if (taker !== undefined) taker.resolve({ done: false, value: dispatch })
      else if (queued.length - first < most) queued.push(dispatch)
      else finish(tooSlow(most))
    },
    finish,
    next: () => {
      const dispatch = take()
      if (dispatch !== undefined) return Promise.resolve({ done: false, value: dispatch })
      if (finished !== undefined) {
        const { error } = finished
        finished = { error: undefined }
        return error === undefined ? Promise.resolve(end) : Promise.reject(error)
      }
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
    },
    return: () => {
      queued = []
      first = 0
      finish()
      return Promise.resolve(end)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function tooSlow(most: number): ConfigError {
  return new ConfigError(
    `qq gateway: more than ${most} events wait to be taken`,
    { field: 'maxQueued', problem: 'conflict' },
    { hint: 'Do not await slow work inside the loop, or raise maxQueued.' },
  )
}
