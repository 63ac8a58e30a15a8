import { Client } from '@larksuiteoapi/node-sdk'
import { larkBridge } from '@lingpai/bridge-lark'
import { cacheFromUrl } from '@lingpai/cache-from-url'
import { TokenManager } from '@lingpai/core'
import { feishu } from '@lingpai/provider-feishu'
import { silentLogger } from '../silent-logger.js'

/** A process with the SDK: prints `ready`, and calls 20 times at each line that it reads. */
export interface CallerFacts {
  readonly cacheUrl: string
  readonly baseUrl: string
  readonly appId: string
  readonly appSecret: string
}

const { cacheUrl, baseUrl, appId, appSecret } = JSON.parse(process.argv[2] ?? '{}') as CallerFacts
const tokens = new TokenManager({ cache: await cacheFromUrl(cacheUrl) })
const source = tokens.source(feishu.extend({ baseUrl }), { appId, appSecret })
const client = new Client({
  appId,
  appSecret: 'not-used',
  domain: baseUrl,
  logger: silentLogger,
  ...larkBridge(source),
})
process.stdin.on('data', () => {
  const calls = Array.from({ length: 20 }, () => client.im.chat.list())
  void Promise.allSettled(calls).then((settled) => {
    const failed = settled.filter((call) => call.status === 'rejected' || call.value.code !== 0)
    console.log(`failed ${failed.length}`)
  })
})
console.log('ready')
