import type { IAccessTokenCache } from '@lingpai/core'
import type Keyv from 'keyv'
import { fetchToken } from '../contenders/fetch-token.js'
import { accountId, accountSecret, type Upstream } from '../harness/contender.js'

type GetToken = () => Promise<string>

/** Stands for no account: its use opens the connection to a store. */
const otherKey = 'none'

/** Loads a library and what it needs for a store, and opens the store. No token is asked for. */
export async function openShared(library: string, store: string, place: string, upstream: Upstream): Promise<GetToken> {
  const load = (): Promise<{ readonly value: string; readonly keepMs: number }> => fetchToken(upstream, 0)
  const key = accountId(0)
  switch (library) {
    case 'yardstick':
      return openYardstick(store, place, async () => (await load()).value)
    case 'Lingpai': {
      const { TokenManager } = await import('@lingpai/core')
      const { wechatMpPlain } = await import('@lingpai/provider-wechat-mp')
      const cache = await lingpaiCache(store, place)
      await cache.ready?.()
      const manager = new TokenManager({ cache, fetch: upstream.fetch })
      const provider = wechatMpPlain.extend({ baseUrl: upstream.url, fallbackBaseUrls: [] })
      const source = manager.source(provider, { appId: key, appSecret: accountSecret })
      return () => source.getAccessToken()
    }
    case 'node-easywechat': {
      const { OfficialAccount } = await import('node-easywechat')
      const account = new OfficialAccount({
        app_id: key,
        secret: accountSecret,
        http: { baseURL: `${upstream.url}/` },
        file_cache: { path: `${place}/`, fileMode: 0o600, dirMode: 0o700, ext: '.cache' },
      })
      return () => account.getAccessToken().getToken()
    }
    case 'keyv': {
      const cache = await keyvOn(store, place)
      await cache.get(otherKey)
      return async () => {
        const found = await cache.get<string>(key)
        if (found !== undefined) return found
        const { value, keepMs } = await load()
        await cache.set(key, value, keepMs)
        return value
      }
    }
    case 'cacheable': {
      const { Cacheable } = await import('cacheable')
      const { default: KeyvRedis } = await import('@keyv/redis')
      const cache = new Cacheable({ secondary: new KeyvRedis(place) })
      const ttl = 7_190_000
      await cache.get(otherKey)
      return async () => (await cache.getOrSet(key, async () => (await load()).value, { ttl, throwErrors: true })) ?? ''
    }
    default:
      return openBentocache(store, place, load)
  }
}

async function lingpaiCache(store: string, place: string): Promise<IAccessTokenCache> {
  if (store === 'file') return (await import('@lingpai/cache-file')).fileCache({ directory: place })
  if (store === 'redis') return (await import('@lingpai/cache-redis')).redisCache({ url: place })
  return (await import('@lingpai/cache-sqlite')).sqliteCache({ path: `${place}/tokens.db` })
}

async function openYardstick(store: string, place: string, load: GetToken): Promise<GetToken> {
  const { openFileYardstick, openRedisYardstick, openSqliteYardstick } = await import('./raw-locks.js')
  if (store === 'file') return openFileYardstick(place, load)
  return store === 'sqlite' ? openSqliteYardstick(place, load) : openRedisYardstick(place, load)
}

async function keyvOn(store: string, place: string): Promise<Keyv> {
  const { default: KeyvCache } = await import('keyv')
  if (store === 'redis')
    return new KeyvCache({ store: new (await import('@keyv/redis')).default(place), useKeyPrefix: false })
  const { KeyvSqlite } = await import('@keyv/sqlite')
  return new KeyvCache({ store: new KeyvSqlite({ uri: `sqlite://${place}/tokens.db`, busyTimeout: 5000 }) })
}

async function openBentocache(
  store: string,
  place: string,
  load: () => Promise<{ readonly value: string; readonly keepMs: number }>,
): Promise<GetToken> {
  const { BentoCache, bentostore } = await import('bentocache')
  const { memoryDriver } = await import('bentocache/drivers/memory')
  const layers = bentostore().useL1Layer(memoryDriver({ maxItems: 100, serialize: false }))
  if (store === 'redis') {
    const { redisDriver } = await import('bentocache/drivers/redis')
    const { hostname, port } = new URL(place)
    layers.useL2Layer(redisDriver({ connection: { host: hostname, port: Number(port) } }))
  } else {
    const { fileDriver } = await import('bentocache/drivers/file')
    layers.useL2Layer(fileDriver({ directory: place, pruneInterval: false }))
  }
  const cache = new BentoCache({ default: 'tokens', stores: { tokens: layers } })
  await cache.getOrSet({ key: otherKey, factory: () => Promise.resolve('') })
  return () =>
    cache.getOrSet({
      key: accountId(0),
      factory: async ({ setOptions }) => {
        const { value, keepMs } = await load()
        setOptions({ ttl: keepMs })
        return value
      },
    })
}
