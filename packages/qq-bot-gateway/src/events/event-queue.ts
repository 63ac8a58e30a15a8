import { ConfigError, type AnyLingpaiError } from '@lingpai/core'
import type { QQBotDispatch } from './qq-bot-dispatch.js'

/** A queue of events for one `for await` loop. */
export interface EventQueue extends AsyncIterableIterator<QQBotDispatch> {
  /** @param done called when the loop has handled the event: it asks for the next one, or exits */
  push(dispatch: QQBotDispatch, done?: () => void): void
  /** Ends the loop after the queued events; with an error, the loop then throws it. */
  finish(error?: AnyLingpaiError): void
  return(): Promise<IteratorReturnResult<undefined>>
}

interface Queued {
  readonly dispatch: QQBotDispatch
  readonly done: (() => void) | undefined
}

interface Waiting {
  readonly resolve: (result: IteratorResult<QQBotDispatch, undefined>) => void
  readonly reject: (error: unknown) => void
}

const end: IteratorReturnResult<undefined> = { done: true, value: undefined }

/**
 * Creates a queue of events between the gateway and a loop.
 *
 * @param most maximum number of waiting events. One more ends the queue with a ConfigError: dropping it silently would lose it
 * @param ended called when the loop exits
 */
export function eventQueue(most: number, ended: () => void): EventQueue {
  let waiting: Waiting[] = []
  let queued: Queued[] = []
  let first = 0
  /** The event that the loop is handling. */
  let current: Queued | undefined
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
  const take = (): Queued | undefined => {
    const item = queued[first]
    if (item === undefined) return undefined
    first += 1
    if (first * 2 > queued.length) {
      queued = queued.slice(first)
      first = 0
    }
    return item
  }
  const handOut = (item: Queued): IteratorResult<QQBotDispatch, undefined> => {
    current = item
    return { done: false, value: item.dispatch }
  }
  return {
    push: (dispatch, done) => {
      if (finished !== undefined) return
      const item = { dispatch, done }
      const taker = waiting.shift()
      if (taker !== undefined) taker.resolve(handOut(item))
      else if (queued.length - first < most) queued.push(item)
      else finish(tooSlow(most))
    },
    finish,
    next: () => {
      current?.done?.()
      current = undefined
      const item = take()
      if (item !== undefined) return Promise.resolve(handOut(item))
      if (finished !== undefined) {
        const { error } = finished
        finished = { error: undefined }
        return error === undefined ? Promise.resolve(end) : Promise.reject(error)
      }
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
    },
    return: () => {
      // The loop has exited: these events are dropped.
      for (const item of [current, ...queued.slice(first)]) item?.done?.()
      current = undefined
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
    `qq gateway: more than ${most} events are waiting in the queue`,
    { field: 'maxQueued', problem: 'conflict' },
    { hint: 'Do not await slow work inside the loop, or raise "maxQueued".' },
  )
}
