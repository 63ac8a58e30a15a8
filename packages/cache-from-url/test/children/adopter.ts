// One account over the cache of the arguments. `adopt` on its standard input adopts the token of the arguments; it says what it has.
import { writeSync } from 'node:fs'
import { cacheFromUrl } from '@lingpai/cache-from-url'
import { TokenManager } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'

const [cacheUrl = '', platformUrl = '', appId = '', appSecret = '', outside = ''] = process.argv.slice(2)
const cache = await cacheFromUrl(cacheUrl)
const tokens = new TokenManager({ cache })
const app = tokens.source(wechatMpPlain.extend({ baseUrl: `${platformUrl}/wechat` }), { appId, appSecret })
const say = (event: string): void => {
  const { generation } = app.status()
  writeSync(1, `${JSON.stringify({ event, generation, isOutside: app.peek() === outside })}\n`)
}

await app.getAccessToken()
tokens.on('adopted', () => {
  say('adopted')
})
say('ready')
for await (const line of process.stdin) {
  if (String(line).trim() === 'end') break
  await app.adopt({ value: outside, expiresAtMs: Date.now() + 3_600_000 })
}
await tokens.close()
await cache.close?.()
process.stdin.destroy()
