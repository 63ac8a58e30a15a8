import { CacheError, type CacheErrorDetails, type Clock, type IAccessTokenCache } from '@lingpai/core'

/** A cache, with what a call needs to survive its failures. */
export interface CacheUse {
  readonly cache: IAccessTokenCache
  readonly clock: Clock
  /** Called with every failure. */
  readonly failed: (error: CacheError) => void
}

/** The result of a cache call. A failure is not the same as an empty result. */
export type CacheResult<T> = { readonly ok: true; readonly value: T } | { readonly ok: false }

/** Kept short, because a gateway that waits for its cache is not connected. */
const patienceMs = 1000

/** Calls a cache with a time limit; never rejects. The error has no cause, because a cause may contain a connection string. */
export async function cacheCall<T>(
  { cache, clock, failed }: CacheUse,
  operation: CacheErrorDetails['operation'],
  call: () => T | Promise<T>,
): Promise<CacheResult<T>> {
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
    const settle = (result: () => CacheResult<T>): void => {
      if (isSettled) return
      isSettled = true
      timer.cancel()
      resolve(result())
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
