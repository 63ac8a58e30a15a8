import { TransportError, type Clock } from '@lingpai/core'

/** The result of `work`, or a failure once `ms` have passed; what it still does then is nobody's. */
export async function withDeadline<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => {
      reject(new TransportError(`not answered within ${ms} ms`, { provider: 'cache', phase: 'timeout' }))
    }, ms)
    work.then(resolve, reject).finally(() => {
      timer.cancel()
    })
  })
}
