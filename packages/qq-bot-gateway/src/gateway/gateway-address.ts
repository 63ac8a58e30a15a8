import { MalformedAnswerError, type TokenSource } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'

/** Whether it is the address of a WebSocket at all. */
export function isSocketUrl(url: string): boolean {
  return /^wss?:/i.test(url) && URL.canParse(url)
}

/**
 * Checks where the platform says its gateway is. Identify carries the token there, so the rule of API calls holds: the origin must be
 * one of the provider's. An address in the clear therefore needs an API base in the clear, as tests have it.
 *
 * @throws MalformedAnswerError naming the origin, never the rest of the address
 */
export function assertOwnGateway(source: TokenSource, url: string, status: number): void {
  const { protocol, host } = new URL(url)
  const origin = `${protocol === 'wss:' ? 'https:' : 'http:'}//${host}`
  if (originsOf(source).includes(origin)) return
  const { provider } = source.account
  throw new MalformedAnswerError(
    `${provider}: the gateway ${protocol}//${host} is not on an origin of this provider, so the token is not sent there`,
    { provider, problem: 'not-an-object', status },
    {
      retryable: false,
      hint:
        protocol === 'wss:'
          ? `If the address is right, make the provider with extend({ apiOrigins: ['${origin}'] }).`
          : 'The address must begin with wss: unless the API base itself begins with http:, as in tests.',
    },
  )
}

/** A source of another make may not tell its origins; then only the platform's own count. */
function originsOf({ apiOrigins }: Partial<Pick<TokenSource, 'apiOrigins'>>): readonly string[] {
  return apiOrigins ?? qqBot.spec.apiOrigins ?? []
}
