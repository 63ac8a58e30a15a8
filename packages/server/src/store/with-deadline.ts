import { TransportError, type Clock } from '@lingpai/core'

/** Returns the result of `work`, or fails after `ms`. A later result is dropped. */
export async function withDeadline<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      reject(new TransportError(`no response within ${ms} ms`, { provider: 'cache', phase: 'timeout' }))
    }
    // A connection to a store may not keep the process alive, but the caller waits for this timer.
    const timer = clock.setTimer(giveUp, ms, { holdsProcess: true })
    work.then(resolve, reject).finally(() => {
      timer.cancel()
    })
  })
}
