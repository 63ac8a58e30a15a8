import type { TokenSource } from '@lingpai/core'
import { signPage, type PageSignature, type SignPageOptions } from '@lingpai/core/internal'
import { agentTicket, corpTicket } from './tickets.js'

/** Arguments of `wx.config`, in addition to its `jsApiList`. */
export interface JsapiConfig extends PageSignature {
  /** The CorpID, under the name that `wx.config` uses. */
  readonly appId: string
}

/**
 * Signs a page for the corporation on the server, so that the ticket never leaves it.
 *
 * @param ticket a source of {@link corpTicket}
 * @param url of the page as the browser shows it; the part after `#` is ignored
 * @throws ConfigError for another source, such as one of `agentTicket`, or an invalid URL; otherwise any error of `getAccessToken()`
 * @see https://developer.work.weixin.qq.com/document/path/90506 (read 2026-11-20)
 */
export async function jsapiConfig(ticket: TokenSource, url: string, options?: SignPageOptions): Promise<JsapiConfig> {
  const { corpId = '' } = ticket.account.ids
  return { appId: corpId, ...(await signPage(corpTicket, ticket, url, options)) }
}

/** Arguments of `wx.agentConfig`, in addition to its `jsApiList`, under the names of that function. */
export interface AgentConfig extends PageSignature {
  readonly corpid: string
  readonly agentid: string
}

/**
 * Signs a page for one app on the server, so that the ticket never leaves it.
 *
 * @param ticket a source of {@link agentTicket}
 * @param url of the page as the browser shows it; the part after `#` is ignored
 * @throws ConfigError for another source, such as one of `corpTicket`, or an invalid URL; otherwise any error of `getAccessToken()`
 * @see https://developer.work.weixin.qq.com/document/path/94313 (2022-09-15, read 2026-11-20)
 */
export async function agentConfig(ticket: TokenSource, url: string, options?: SignPageOptions): Promise<AgentConfig> {
  const { corpId = '', agentId = '' } = ticket.account.ids
  return { corpid: corpId, agentid: agentId, ...(await signPage(agentTicket, ticket, url, options)) }
}
