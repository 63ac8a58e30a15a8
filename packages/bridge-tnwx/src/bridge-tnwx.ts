import type { TokenSource } from '@lingpai/core'
import { BridgedSources } from './bridged-sources.js'
import { healingHttp } from './healing-http.js'
import { tokenCache } from './token-cache.js'
import type { Tnwx } from './tnwx.js'

/** The bridge between TNW and the sources. */
export interface TnwxBridge {
  /**
   * Adds a source, as for an app that is configured later.
   *
   * @throws ConfigError for a source of another platform, and for a second one of the same app
   */
  add(source: TokenSource): void
}

/**
 * Makes TNW take the tokens and tickets of some apps from sources. TNW alone requests a token for every caller of a cold start and a
 * ticket for every call, and uses a revoked token until its own end of life. With the bridge, all processes share one token and one
 * ticket, and a call whose token the platform rejects is made once more with another one.
 *
 * Apps without a source work as before. Set TNW's cache and its `HttpDelegate`, if you have your own, before the bridge.
 *
 * @param tnwx the module `tnwx`
 * @param sources of WeChat (`wechatMp`, `wechatMpPlain`, `jsapiTicket`, `cardTicket`) and WeCom (`wecom`, `corpTicket`, `agentTicket`)
 * @throws ConfigError for a source of another platform, and for two of the same app
 * @example
 * ```ts
 * import { bridgeTnwx } from '@lingpai/bridge-tnwx'
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { jsapiTicket, wechatMp } from '@lingpai/provider-wechat-mp'
 * import * as tnwx from 'tnwx'
 *
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * const app = wechatMp.credentialsFromEnv()
 * bridgeTnwx(tnwx, [tokens.source(wechatMp, app), tokens.source(jsapiTicket, app)])
 * ```
 */
export function bridgeTnwx(tnwx: Tnwx, sources: Iterable<TokenSource>): TnwxBridge {
  const bridged = new BridgedSources()
  bridged.addAll(sources)
  const { ApiConfigKit, QyApiConfigKit, HttpKit } = tnwx
  ApiConfigKit.setCache = tokenCache(ApiConfigKit.getCache, 'ApiConfigKit', bridged)
  QyApiConfigKit.setCache = tokenCache(QyApiConfigKit.getCache, 'QyApiConfigKit', bridged)
  HttpKit.setHttpDelegate = healingHttp(HttpKit.getHttpDelegate, bridged, () => QyApiConfigKit.CFG_MAP.values())
  return {
    add: (source) => {
      bridged.add(source)
    },
  }
}
