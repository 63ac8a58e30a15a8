import { fileCache } from '@lingpai/cache-file'
import { TokenManager } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'

/** A plain script: one call, and nothing else that would keep it alive. */
const {
  directory = '',
  url = '',
  appId = '',
  appSecret = '',
} = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>
const tokens = new TokenManager({ cache: fileCache({ directory }) })
const source = tokens.source(wechatMpPlain.extend({ baseUrl: `${url}/wechat` }), { appId, appSecret })
await source.getAccessToken()
process.stdout.write('got it')
