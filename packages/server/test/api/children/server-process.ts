import { redisCache } from '@lingpai/cache-redis'
import { TokenManager } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { clientKeys, startTokenServer, type ClientKey } from '../../../src/index.js'

/** A token server on Redis, like that of `lingpai serve`. Prints its URL, and exits on SIGTERM. */
interface Facts {
  readonly redisUrl: string
  readonly baseUrl: string
  readonly appId: string
  readonly appSecret: string
  readonly key: ClientKey
}

const { redisUrl, baseUrl, appId, appSecret, key } = JSON.parse(process.argv[2] ?? '{}') as Facts
// Generous, because a busy machine must not look like a Redis that is down.
const cache = redisCache({ url: redisUrl, timeoutMs: 10_000 })
const manager = new TokenManager({ cache, timeoutMs: 20_000, cacheTimeoutMs: 10_000 })
const provider = wechatMpPlain.extend({ baseUrl })
const source = manager.source(provider, { appId, appSecret })
const accounts = [{ name: 'shop', provider, source }]
const server = await startTokenServer({ accounts, manager, cache, keys: clientKeys([key]) })
process.once('SIGTERM', () => {
  void server
    .close()
    .then(() => manager.close())
    .then(() => cache.close())
})
process.stdout.write(`${server.url}\n`)
