import type { IAccessTokenCache } from '@lingpai/core'
import { openStore } from '../open-store.js'

/** A store that answers by something that keeps no process alive, as a client of an unreferenced socket does. */
function quietStore() {
  const answered = (): Promise<undefined> =>
    new Promise((resolve) => {
      setTimeout(() => {
        resolve(undefined)
      }, 50).unref()
    })
  return { get: answered, set: answered, delete: answered }
}

async function open(name: string): Promise<IAccessTokenCache> {
  if (name === 'keyv') {
    const { keyvCache } = await import('@lingpai/cache-keyv')
    return keyvCache({ store: quietStore(), reach: 'host' })
  }
  const [, url = name] = /^encrypted (.*)$/.exec(name) ?? []
  const cache = await openStore(url)
  if (url === name) return cache
  const { encryptedCache, generateKey } = await import('@lingpai/cache-encrypted')
  return encryptedCache(cache, { keys: generateKey() })
}

/** Opens a cache, makes at most one call after a turn of the microtask queue, and leaves the cache open. */
export async function bareCall(name: string, key: string, operation: string): Promise<void> {
  const cache = await open(name)
  await null
  if (operation === 'set') await cache.set(key, 'written by a bare call')
  if (operation === 'get') await cache.get(key)
  if (operation === 'remove') await cache.remove(key)
  if (operation === 'take') await cache.lease?.take(key, 'holder', 2000)
  process.stdout.write(`${operation} is over\n`)
}
