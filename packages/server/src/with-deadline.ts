import { TransportError, type Clock } from '@lingpai/core'

/** The result of `work`, or a failure once `ms` have passed; what it still does then is nobody's. */
export async function withDeadline<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      reject(new TransportError(`not answered within ${ms} ms`, { provider: 'cache', phase: 'timeout' }))
    }
    // Connections to a store need not hold the process, and whoever ends it waits for this.
    const timer = clock.setTimer(giveUp, ms, { holdsProcess: true })
    work.then(resolve, reject).finally(() => {
      timer.cancel()
    })
  })
}
