// Compiled by `npm run types`, never run: TNW's cache classes fit as they are.
import { ApiConfigKit, TokenManager, type CacheLease, type IAccessTokenCache } from '@lingpai/core'

/** The interface that TNW 1.x gives its caches. */
interface TnwCache1 {
  get(key: string): string
  set(key: string, jsonValue: string): void
  remove(key: string): void
}

/** The interface that TNW 2.x gives its caches; its values are `any`. */
interface TnwCache2 {
  get(key: string): Promise<ReturnType<typeof JSON.parse>>
  set(key: string, jsonValue: string): Promise<ReturnType<typeof JSON.parse>>
  remove(key: string): Promise<ReturnType<typeof JSON.parse>>
}

class DefaultAccessTokenCache1 implements TnwCache1 {
  readonly map = new Map<string, string>()

  get(key: string): string {
    return this.map.get(key) ?? ''
  }

  set(key: string, jsonValue: string): void {
    this.map.set(key, jsonValue)
  }

  remove(key: string): void {
    this.map.delete(key)
  }
}

class DefaultAccessTokenCache2 implements TnwCache2 {
  readonly map = new Map<string, string>()

  get(key: string): Promise<ReturnType<typeof JSON.parse>> {
    return Promise.resolve(this.map.get(key))
  }

  set(key: string, jsonValue: string): Promise<ReturnType<typeof JSON.parse>> {
    return Promise.resolve(this.map.set(key, jsonValue))
  }

  remove(key: string): Promise<ReturnType<typeof JSON.parse>> {
    return Promise.resolve(this.map.delete(key))
  }
}

const sync: IAccessTokenCache = new DefaultAccessTokenCache1()
const async: IAccessTokenCache = new DefaultAccessTokenCache2()
const ofInterfaces = (one: TnwCache1, two: TnwCache2): readonly IAccessTokenCache[] => [one, two]
new TokenManager({ cache: sync })
new TokenManager({ cache: async })
ApiConfigKit.setAccessTokenCache(new DefaultAccessTokenCache1())
ApiConfigKit.setAccessTokenCache(new DefaultAccessTokenCache2())
void ofInterfaces

// The results of a redis client, and of a Map, fit as well.
const map = new Map<string, string>()
const ofMap: IAccessTokenCache = {
  get: (key) => map.get(key),
  set: (key, value) => map.set(key, value),
  remove: (key) => map.delete(key),
}
const ofClient = (client: {
  get(key: string): Promise<string | null>
  set(key: string, value: string): Promise<'OK'>
  del(key: string): Promise<number>
}): IAccessTokenCache => ({
  get: (key) => client.get(key),
  set: (key, value) => client.set(key, value),
  remove: (key) => client.del(key),
})
void [ofMap, ofClient]

// @ts-expect-error remove is missing
const incomplete: IAccessTokenCache = { get: () => undefined, set: () => undefined }
// @ts-expect-error a value is text
const ofNumbers: IAccessTokenCache = { get: () => 7, set: () => undefined, remove: () => undefined }
// @ts-expect-error there is no such reach
const unreachable: IAccessTokenCache = { ...ofMap, reach: 'world' }
// @ts-expect-error a manager needs a cache
new TokenManager({})
void [incomplete, ofNumbers, unreachable]

// A lease may be sync or async; without commit it is not a lease.
const lease: CacheLease = { take: () => true, commit: () => Promise.resolve(false), release: () => undefined }
// @ts-expect-error commit is missing
const weak: CacheLease = { take: () => true, release: () => undefined }
void [lease, weak]
