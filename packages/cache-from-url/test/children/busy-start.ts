// Gets one token over the cache that its first argument names, and is busy for so many milliseconds while it waits for it.
import { cacheFromUrl } from '@lingpai/cache-from-url'
import { TokenManager } from '@lingpai/core'
import { wechatMp } from '@lingpai/provider-wechat-mp'

const [url = '', busyMs = '0'] = process.argv.slice(2)
let requests = 0
const platform = async (): Promise<Response> => {
  requests += 1
  return Response.json({ access_token: 'made-up', expires_in: 7200 })
}

function beBusy(): void {
  const endsAtMs = performance.now() + Number(busyMs)
  while (performance.now() < endsAtMs);
}

const cache = await cacheFromUrl(url)
const tokens = new TokenManager({ cache, fetch: platform })
tokens.on('cache-failed', ({ error }) => {
  console.log(error.message)
})
const call = tokens.source(wechatMp, { appId: 'wx0000000000000001', appSecret: 'made-up' }).getAccessToken()
// Once before anything was heard from the store, and once in the middle.
setImmediate(beBusy)
setTimeout(beBusy, 5)
await call
console.log(`upstream requests: ${requests}`)
await tokens.close()
await cache.close?.()
