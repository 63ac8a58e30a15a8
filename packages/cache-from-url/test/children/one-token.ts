// Gets one token twice over the cache that its argument names, with no listener and no logger. With a user id as its second argument,
// it runs as that user.
import { cacheFromUrl } from '@lingpai/cache-from-url'
import { TokenManager } from '@lingpai/core'
import { wechatMp } from '@lingpai/provider-wechat-mp'

const uid = process.argv[3]
if (uid !== undefined) process.setuid?.(Number(uid))
let issued = 0
const platform = async (): Promise<Response> => {
  issued += 1
  return Response.json({ access_token: `token-${issued}`, expires_in: 7200 })
}
const cache = await cacheFromUrl(process.argv[2] ?? '')
const tokens = new TokenManager({ cache, fetch: platform })
const app = tokens.source(wechatMp, { appId: 'wx0000000000000001', appSecret: 'made-up' })
console.log(await app.getAccessToken(), await app.getAccessToken())
await tokens.close()
await cache.close?.()
