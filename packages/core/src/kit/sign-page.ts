import { ConfigError } from '../errors.js'
import { registry } from '../manager/process-registry.js'
import { defineProvider } from '../provider/define-provider.js'
import type { Provider, ProviderSpec, RequestSpec, ResponseSpec } from '../provider.js'
import type { TokenSource } from '../token-source.js'
import { nodeCrypto } from '../node-crypto.js'

/** What one kind of ticket has of its own; the rest follows from the provider of the token. */
export interface TicketSpec {
  readonly kind: string
  readonly source: ProviderSpec<never>['source']
  readonly request: RequestSpec
  /** Fields of the response that differ from those of the token's. @default `token: 'ticket'` */
  readonly response?: Pick<ResponseSpec, 'token'> & Partial<ResponseSpec>
}

/**
 * Describes a ticket of the JS-SDK that is requested with the token of `parent`, with the same credentials, hosts and fields.
 *
 * The request is an API call like any other, so the codes of API calls apply to it: a token error concerns the token. No API is called
 * with a ticket, so no code rejects one.
 */
export function ticketProvider<C>(parent: Provider<C>, ticket: TicketSpec): Provider<C> {
  const { kind, source, request, response = { token: 'ticket' } } = ticket
  const { probe: _, perCode = {}, hints = {}, ...spec } = parent.spec
  const [ofTokens, ofCalls] = [spec.errors.token, spec.errors.api].map((table) =>
    Object.values(table).flat().map(String),
  )
  const isOfTickets = ([key]: readonly [string, unknown]): boolean =>
    ofCalls?.includes(key) === true || ofTokens?.includes(key) === false
  return defineProvider<C>({
    ...spec,
    kind,
    parent,
    source,
    // `expires_in` is the full life, independent of the age of the ticket, at WeChat (developers.weixin.qq.com, community/develop/doc/
    // 000e0adca68568abb1ab525365b000, 2021), and undocumented at WeCom, as is when a new ticket is issued at both. So a response is
    // trusted for an hour, which is correct either way. One request per hour is far below the quotas: WeCom's is 400 per hour for a
    // corporation and 100 for an app (developer.work.weixin.qq.com, document/path/90454).
    renewal: {
      mode: 'sticky',
      windowSeconds: 0,
      attemptsAtSeconds: [600, 120],
      jitterSeconds: 60,
      marginSeconds: 60,
      memorySeconds: 60,
      minIntervalSeconds: 60,
      maxLifeSeconds: 7200,
      trustSeconds: 3600,
    },
    response: { ...spec.response, ...response },
    placement: { in: 'nowhere' },
    errors: { token: spec.errors.api, api: {} },
    perCode: Object.fromEntries(Object.entries(perCode).filter(isOfTickets)),
    hints: Object.fromEntries(Object.entries(hints).filter(isOfTickets)),
    request: () => request,
  })
}

/** Options of signing a page. */
export interface SignPageOptions {
  /** Aborts this caller's wait for the ticket with the signal's reason. */
  readonly signal?: AbortSignal
  /** @default 32 random hexadecimal digits */
  readonly nonceStr?: string
  /** Unix seconds. @default now */
  readonly timestamp?: number
}

/** The signature that a page passes to a JS-SDK, with the JS-SDK's field names. */
export interface PageSignature {
  /** Unix seconds. */
  readonly timestamp: number
  readonly nonceStr: string
  /** SHA-1 in hexadecimal digits. */
  readonly signature: string
}

/**
 * Signs a page with a ticket for the JS-SDKs of WeChat, WeCom and Feishu: SHA-1 over ticket, nonce, time and URL, sorted by
 * name. Providers build their own `…Config` functions on it; one whose JS-SDK counts milliseconds passes a `timestamp`.
 *
 * @param provider the provider whose tickets may sign; the source of another one, such as that of the token itself, is
 * a mistake
 * @param url the URL of the page as the browser shows it, not decoded; the part from `#` on is ignored
 * @throws ConfigError for a source of another provider, an invalid URL, or a timestamp that is not a whole number
 */
export async function signPage(
  { id, kind }: { readonly id: string; readonly kind: string },
  ticket: TokenSource,
  url: string,
  { signal, nonceStr = nodeCrypto().randomUUID().replaceAll('-', ''), timestamp = nowSeconds() }: SignPageOptions = {},
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
    throw new ConfigError(`${id}: "timestamp" must be a Unix time in whole numbers`, {
      field: 'timestamp',
      problem: 'malformed',
    })
  }
  const page = url.replace(/#.*$/s, '')
  const value = await ticket.getAccessToken(signal && { signal })
  const signed = `jsapi_ticket=${value}&noncestr=${nonceStr}&timestamp=${timestamp}&url=${page}`
  return { timestamp, nonceStr, signature: nodeCrypto().createHash('sha1').update(signed).digest('hex') }
}

function nowSeconds(): number {
  return Math.floor(registry.clock.now() / 1000)
}
