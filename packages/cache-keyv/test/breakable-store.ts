import { createHash } from 'node:crypto'
import type { KeyvStore } from '@lingpai/cache-keyv'

/** The store itself, whose three methods reject from the moment on at which `isBroken` says so. */
export function breakable(store: KeyvStore, isBroken: { readonly value: boolean }): KeyvStore {
  return new Proxy(store, {
    get: (target, name) => {
      const part: unknown = Reflect.get(target, name, target)
      if (typeof part !== 'function') return part
      return (...call: unknown[]) => {
        if (isBroken.value) throw new Error('the store is down')
        return Reflect.apply(part, target, call) as unknown
      }
    },
  })
}

/** What a key is called in the store, worked out apart from the code under test. */
export function entryKey(key: string): string {
  return `lingpai-${createHash('sha256').update(key).digest('hex')}`
}
