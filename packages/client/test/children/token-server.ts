import { TokenManager } from '@lingpai/core'
import { memoryCache } from '@lingpai/cache-memory'
import { wechatMp, type WechatMpCredentials } from '@lingpai/provider-wechat-mp'
import { clientKeys, startTokenServer, type ClientKey } from '@lingpai/server'

// Runs a token server in a child process and prints its URL once it listens.
const { port, platform, account, key } = JSON.parse(process.argv[2]!) as {
  readonly port: number
  readonly platform: string
  readonly account: WechatMpCredentials
  readonly key: ClientKey
}
const cache = memoryCache()
const manager = new TokenManager({ cache })
const provider = wechatMp.extend({ baseUrl: platform })
const { url } = await startTokenServer({
  accounts: [{ name: 'mp', provider, source: manager.source(provider, account) }],
  manager,
  cache,
  keys: clientKeys([key]),
  isKeeping: false,
  port,
})
process.stdout.write(`${url}\n`)
