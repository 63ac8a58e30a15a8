import type { TokenSource } from '@lingpai/core'
import { signPage, type PageSignature, type SignPageOptions } from '@lingpai/core/internal'
import { jsapiTicket } from './tickets.js'

/** Arguments of `wx.config`, in addition to its `jsApiList`. */
export interface JsapiConfig extends PageSignature {
  readonly appId: string
}

/**
 * Signs a page for WeChat's JS-SDK on the server, so that the ticket never leaves it.
 *
 * @param ticket a source of {@link jsapiTicket}
 * @param url of the page as the browser shows it; the part after `#` is ignored
 * @throws ConfigError for another source or an invalid URL; otherwise any error of `getAccessToken()`
 * @see https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/JS-SDK.html (appendix 1, read 2026-11-20)
 * @example
 * ```ts
 * import { memoryCache } from '@lingpai/cache-memory'
 * import { TokenManager } from '@lingpai/core'
 * import { jsapiConfig, jsapiTicket } from '@lingpai/provider-wechat-mp'
 *
 * const tokens = new TokenManager({ cache: memoryCache() })
 * const ticket = tokens.source(jsapiTicket, jsapiTicket.credentialsFromEnv())
 * const { appId, timestamp, nonceStr, signature } = await jsapiConfig(ticket, 'https://example.com/page')
 * ```
 */
export async function jsapiConfig(ticket: TokenSource, url: string, options?: SignPageOptions): Promise<JsapiConfig> {
  const { appId = '' } = ticket.account.ids
  return { appId, ...(await signPage(jsapiTicket, ticket, url, options)) }
}
