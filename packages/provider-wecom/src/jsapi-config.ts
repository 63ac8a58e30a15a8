import { signPage, type PageSignature, type SignPageOptions, type TokenSource } from '@lingpai/core'
import { corpTicket } from './corp-ticket.js'

/** What a page hands to `wx.config`, along with its `jsApiList`. */
export interface JsapiConfig extends PageSignature {
  /** The CorpID; this is its name there. */
  readonly appId: string
}

/**
 * Signs a page for the corporation, on the server; the ticket itself never leaves it.
 *
 * @param ticket a source of {@link corpTicket}
 * @param url of the page as the browser shows it; what follows a `#` does not count
 * @throws ConfigError for another source, such as one of `agentTicket`, or no URL; otherwise what `getAccessToken()` throws
 * @see https://developer.work.weixin.qq.com/document/path/90506 (read 2026-11-20)
 */
export async function jsapiConfig(ticket: TokenSource, url: string, options?: SignPageOptions): Promise<JsapiConfig> {
  const { corpId = '' } = ticket.account.ids
  return { appId: corpId, ...(await signPage(corpTicket, ticket, url, options)) }
}
