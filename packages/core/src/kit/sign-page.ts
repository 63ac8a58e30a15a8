import { createHash, randomUUID } from 'node:crypto'
import { ConfigError } from '../errors.js'
import { registry } from '../manager/process-registry.js'
import type { TokenSource } from '../token-source.js'

/** Options of {@link signPage}. */
export interface SignPageOptions {
  /** Aborts this caller's wait for the ticket with the signal's reason. */
  readonly signal?: AbortSignal
  /** @default 32 random hexadecimal digits */
  readonly nonceStr?: string
  /** Unix seconds. @default now */
  readonly timestamp?: number
}

/** The signature that a page passes to the JS-SDK of a Tencent client, with the JS-SDK's field names. */
export interface PageSignature {
  /** Unix seconds. */
  readonly timestamp: number
  readonly nonceStr: string
  /** SHA-1 in hexadecimal digits. */
  readonly signature: string
}

/**
 * Signs a page with a ticket for the JS-SDKs of WeChat and WeCom: SHA-1 over ticket, nonce, time and URL, sorted by
 * name. Providers build their own `…Config` functions on it.
 *
 * @param provider the provider whose tickets may sign; the source of another one, such as that of the token itself, is
 * a mistake
 * @param url the URL of the page as the browser shows it, not decoded; the part from `#` on is ignored
 * @throws ConfigError for a source of another provider, an invalid URL, or a timestamp that is not a number of seconds
 */
export async function signPage(
  { id, kind }: { readonly id: string; readonly kind: string },
  ticket: TokenSource,
  url: string,
  { signal, nonceStr = randomUUID().replaceAll('-', ''), timestamp = nowSeconds() }: SignPageOptions = {},
): Promise<PageSignature> {
  const { account } = ticket
  if (account.provider !== id || account.kind !== kind) {
    throw new ConfigError(
      `${id}: a page is signed with the ${kind}, not with the ${account.kind} of ${account.provider}`,
      { field: 'ticket', problem: 'conflict' },
    )
  }
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new ConfigError(`${id}: "url" must be the whole http(s) URL of the page, as location.href shows it`, {
      field: 'url',
      problem: 'malformed',
    })
  }
  if (!Number.isSafeInteger(timestamp) || timestamp <= 0) {
    throw new ConfigError(`${id}: "timestamp" must be Unix seconds`, { field: 'timestamp', problem: 'malformed' })
  }
  const page = url.replace(/#.*$/s, '')
  const value = await ticket.getAccessToken(signal && { signal })
  const signed = `jsapi_ticket=${value}&noncestr=${nonceStr}&timestamp=${timestamp}&url=${page}`
  return { timestamp, nonceStr, signature: createHash('sha1').update(signed).digest('hex') }
}

function nowSeconds(): number {
  return Math.floor(registry.clock.now() / 1000)
}
