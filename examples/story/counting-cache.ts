import type { IAccessTokenCache } from '@lingpai/core'

/** A cache that counts its calls. */
export interface CountingCache extends IAccessTokenCache {
  readonly operations: number
}

/** Counts every call of the cache, including its lease. */
export function countingCache(cache: IAccessTokenCache): CountingCache {
  let operations = 0
  const counted = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (object, name) => {
        const member: unknown = Reflect.get(object, name)
        if (name === 'lease') return member === undefined ? undefined : counted(member as object)
        if (typeof member !== 'function') return member
        return (...args: unknown[]): unknown => {
          operations += 1
          return Reflect.apply(member, object, args)
        }
      },
    })
  return Object.defineProperty(counted(cache), 'operations', { get: () => operations }) as CountingCache
}
