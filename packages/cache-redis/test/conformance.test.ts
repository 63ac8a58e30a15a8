import { setTimeout as pause } from 'node:timers/promises'
import { encryptedCache, generateKey } from '@lingpai/cache-encrypted'
import { redisCache } from '@lingpai/cache-redis'
import { cacheConformance, type OpenedCache } from '@lingpai/testing/conformance'
import type { IAccessTokenCache } from '@lingpai/core'
import { entryKeys } from '../src/redis-key.js'
import { redisKind, startRedis } from '../../testing/test/support/redis-server.js'

async function openOnRedis(wrap: (cache: IAccessTokenCache) => IAccessTokenCache): Promise<OpenedCache> {
  const redis = await startRedis()
  const caches: IAccessTokenCache[] = []
  const open = () => {
    const cache = wrap(redisCache({ url: redis.url, timeoutMs: 5000 }))
    caches.push(cache)
    return cache
  }
  const cache = open()
  await listensTo(cache)
  return {
    cache,
    reopen: open,
    damage: async (key) => {
      await redis.send('DEL', entryKeys(key).record)
      await redis.send('LPUSH', entryKeys(key).record, 'no', 'text')
    },
    ...(redisKind !== 'given' && { breakStore: () => redis.kill() }),
    // Redis has a clock of its own, so time really passes.
    advanceMs: async (ms) => {
      await pause(ms + 2)
    },
    close: async () => {
      await Promise.all(caches.map((each) => each.close?.()))
      await redis.close()
    },
  }
}

/** Subscribing takes a moment; what is written before is not heard of. */
async function listensTo(cache: IAccessTokenCache): Promise<void> {
  let heard = 0
  cache.subscribe?.(() => heard++)
  while (heard === 0) {
    await cache.set('warm-up', 'x')
    await pause(2)
  }
  await cache.remove('warm-up')
}

const gaps = redisKind === 'given' ? { without: ['breakStore' as const] } : {}

describe('redisCache', () => {
  cacheConformance(test, () => openOnRedis((cache) => cache), gaps)
})

describe('encryptedCache over redisCache', () => {
  const keys = [generateKey(), generateKey()]
  cacheConformance(test, () => openOnRedis((cache) => encryptedCache(cache, { keys })), gaps)
})
