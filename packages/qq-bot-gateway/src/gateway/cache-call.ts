import { CacheError, type CacheErrorDetails, type Clock, type IAccessTokenCache } from '@lingpai/core'

/** A cache with what it takes to survive it. */
export interface CacheUse {
  readonly cache: IAccessTokenCache
  readonly clock: Clock
  /** Told of every failure. */
  readonly failed: (error: CacheError) => void
}

/** What a cache answered; a failure and an empty answer are different things. */
export type CacheAnswer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false }

/** A gateway that waits for its cache is not connected. */
const patienceMs = 1000

/** Calls a cache, bounded in time; never rejects. The cause stays out of the error: it may show a connection string. */
export async function cacheCall<T>(
  { cache, clock, failed }: CacheUse,
  operation: CacheErrorDetails['operation'],
  call: () => T | Promise<T>,
): Promise<CacheAnswer<T>> {
  const fail = (problem: 'failed' | 'timeout'): { readonly ok: false } => {
    const what = problem === 'timeout' ? 'took too long over' : 'failed at'
    failed(
      new CacheError(`qq gateway: the cache ${what} ${operation}`, {
        operation,
        reach: cache.reach ?? 'process',
        problem,
      }),
    )
    return { ok: false }
  }
  let isSettled = false
  return new Promise((resolve) => {
    const settle = (answer: () => CacheAnswer<T>): void => {
      if (isSettled) return
      isSettled = true
      timer.cancel()
      resolve(answer())
    }
    const timer = clock.setTimer(() => {
      settle(() => fail('timeout'))
    }, patienceMs)
    Promise.resolve()
      .then(call)
      .then(
        (value) => {
          settle(() => ({ ok: true, value }))
        },
        () => {
          settle(() => fail('failed'))
        },
      )
  })
}
