import { systemClock, type TokenSource } from '@lingpai/core'
import { signPage, ticketProvider, type SignPageOptions } from '@lingpai/core/internal'
import { page, feishu } from './feishu.js'

/**
 * `jsapi_ticket` for `jsapiConfig()`, derived from the tenant token of a self-built app. For an account of `feishuOAuth` use
 * `jsapiTicket.extend({ parent: feishuOAuth })`.
 *
 * @see https://open.larkoffice.com/document/authentication-management/access-token/authorization.md (read 2026-11-28)
 * @example
 * ```ts
 * import { fileCache } from '@lingpai/cache-file'
 * import { TokenManager } from '@lingpai/core'
 * import { jsapiConfig, jsapiTicket } from '@lingpai/provider-feishu'
 *
 * const tokens = new TokenManager({ cache: fileCache({ directory: '.lingpai' }) })
 * const ticket = tokens.source(jsapiTicket, jsapiTicket.credentialsFromEnv())
 * const config = await jsapiConfig(ticket, 'https://example.com/page') // for h5sdk.config
 * ```
 */
export const jsapiTicket = ticketProvider(feishu, {
  kind: 'jsapi-ticket',
  source: page('open.larkoffice.com/document/authentication-management/access-token/authorization.md'),
  response: { token: 'data.ticket', expiresIn: 'data.expire_in' },
  request: { method: 'POST', url: '/open-apis/jssdk/ticket/get' },
})

/** Options of {@link jsapiConfig}. */
export interface JsapiConfigOptions extends Omit<SignPageOptions, 'timestamp'> {
  /** Unix milliseconds. @default now */
  readonly timestamp?: number
}

/** Arguments of `h5sdk.config`, in addition to its `jsApiList`. */
export interface JsapiConfig {
  readonly appId: string
  /** Unix milliseconds. */
  readonly timestamp: number
  readonly nonceStr: string
  /** SHA-1 in hexadecimal digits. */
  readonly signature: string
}

/**
 * Signs a page on the server, so that the ticket never leaves it.
 *
 * @param ticket a source of {@link jsapiTicket}
 * @param url of the page as the browser shows it; the part after `#` is ignored
 * @throws ConfigError for another source or an invalid URL; otherwise any error of `getAccessToken()`
 * @see https://open.feishu.cn/document/uYjL24iN/uUDO3YjL1gzN24SN4cjN (as in integrating-web-apps-in-5-minutes, read 2026-11-29)
 */
export async function jsapiConfig(
  ticket: TokenSource,
  url: string,
  { timestamp = systemClock.now(), ...options }: JsapiConfigOptions = {},
): Promise<JsapiConfig> {
  const { appId = '' } = ticket.account.ids
  return { appId, ...(await signPage(jsapiTicket, ticket, url, { ...options, timestamp })) }
}
