import { MalformedResponseError, type TokenSource } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'

/** Whether the text is a WebSocket address. */
export function isSocketUrl(url: string): boolean {
  return /^wss?:/i.test(url) && URL.canParse(url)
}

/**
 * Checks the gateway address that the platform returned. Identify sends the token there, so the rule of API calls applies: the origin
 * must be one of the provider's. A `ws:` address is accepted only with an `http:` API base, as in tests.
 *
 * @throws MalformedResponseError naming the origin, never the rest of the address
 */
export function assertOwnGateway(source: TokenSource, url: string, status: number): void {
  const { protocol, host } = new URL(url)
  const origin = `${protocol === 'wss:' ? 'https:' : 'http:'}//${host}`
  if (originsOf(source).includes(origin)) return
  const { provider } = source.account
  throw new MalformedResponseError(
    `${provider}: the gateway ${protocol}//${host} is not on an origin of this provider; the token is not sent there`,
    { provider, problem: 'not-an-object', status },
    {
      retryable: false,
      hint:
        protocol === 'wss:'
          ? `If the address is right, create the provider with extend({ apiOrigins: ['${origin}'] }).`
          : 'The address must begin with wss: unless the API base itself begins with http:, as in tests.',
    },
  )
}

/** A custom source may have no origins; then only the platform's own apply. */
function originsOf({ apiOrigins }: Partial<Pick<TokenSource, 'apiOrigins'>>): readonly string[] {
  return apiOrigins ?? qqBot.spec.apiOrigins ?? []
}
