import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager, type TokenSource } from '@lingpai/core'
import { wechatMpPlain } from '@lingpai/provider-wechat-mp'
import { accountId, accountSecret, type Contender } from '../harness/contender.js'

/** Lingpai with a memory cache, and WeChat's `cgi-bin/token`, where each request issues a new token. */
export const lingpai: Contender = {
  name: 'Lingpai',
  open: (upstream, accounts) => {
    const manager = new TokenManager({ cache: memoryCache({ maxEntries: accounts }), fetch: upstream.fetch })
    const provider = wechatMpPlain.extend({ baseUrl: upstream.url, fallbackBaseUrls: [] })
    const sources: readonly TokenSource[] = Array.from({ length: accounts }, (_, account) =>
      manager.source(provider, { appId: accountId(account), appSecret: accountSecret }),
    )
    return {
      getToken: (account) => sources[account]!.getAccessToken(),
      replaceRejected: (account, token) => sources[account]!.reportRejected(token, 40001),
      startBackground: (account) => void sources[account]!.startBackgroundRefresh(),
      close: () => manager.close(),
    }
  },
}
