import type { Clock } from '../clock.js'

/** Returns the result of `work`, or fails with `late()` after `ms`. A later result is dropped. */
export async function withDeadline<T>(clock: Clock, ms: number, work: PromiseLike<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      reject(late())
    }
    // A connection to a store or a vault may not keep the process alive, but the caller waits for this timer.
    const timer = clock.setTimer(giveUp, ms, { holdsProcess: true })
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => {
        timer.cancel()
      })
  })
}
