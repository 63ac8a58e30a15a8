import { TransportError, type AnyLingpaiError, type Clock, type TokenSource } from '@lingpai/core'
import { classify, platformError, type ApiErrorTables, type ErrorResponse, retryAfterIn } from '@lingpai/core/internal'
import { qqBot } from '@lingpai/provider-qq-bot'
import type { ApiResponse } from './read-api-response.js'

/** Whether the platform accepted a message but has not delivered it yet. The body of such a response looks like an error. */
export function isPending(status: number): boolean {
  return status === 201 || status === 202
}

/**
 * Returns the error in a response of the API, with the platform's code in the terms of its provider and a hint; `undefined` if the
 * response has none. A token error that reaches this function was not healed by another token.
 *
 * After a server error the outcome is unknown, whatever the body says: a gateway that times out words it like a rejection
 * (`504 {"code":850012,…}`). Any other status without a code comes from something in front of the API, and repeating the call does
 * not change it.
 */
export function apiErrorIn(
  source: TokenSource,
  response: ApiResponse,
  { clock, language = 'en' }: { readonly clock: Clock; readonly language?: 'en' | 'zh' },
): AnyLingpaiError | undefined {
  const { status, headers } = response
  const { provider } = source.account
  if (isPending(status)) return undefined
  const waitMs = retryAfterIn(headers, clock.now())
  const retryAtMs = waitMs === undefined ? undefined : clock.now() + waitMs
  const tables = tablesOf(source)
  if (isServerFault(status)) return serverFault(provider, response, tables, retryAtMs)
  const rejection = classify(tables, 'api', response) ?? (status === 429 ? tooMany : undefined)
  if (rejection === undefined) {
    if (status < 300) return undefined
    return new TransportError(
      `${provider}: the API responded with HTTP ${status}`,
      { provider, phase: 'status', status },
      { retryable: false, hint: notThePlatform[language] },
    )
  }
  // HTTP 429 is a rate limit even if no table lists its code.
  const errorClass = rejection.errorClass === 'unknown' && status === 429 ? 'rate-limited' : rejection.errorClass
  const { hints } = tables
  const known: readonly string[] = []
  return platformError(
    { id: provider, ...(hints && { hints }) },
    'api',
    { ...rejection, errorClass },
    { status, language, known, retryAtMs },
  )
}

/** A custom source may have no tables; then only the platform's own apply. */
function tablesOf({ errorTables }: Partial<Pick<TokenSource, 'errorTables'>>): ApiErrorTables {
  return errorTables ?? qqBot.spec
}

/** Whether the status leaves the outcome of a call unknown. 408 counts: it comes from a proxy that lost the upstream connection. */
function isServerFault(status: number): boolean {
  return status >= 500 || status === 408
}

/** Includes the platform's code in the message so that it can be looked up; the code does not affect the error's class. */
function serverFault(
  provider: string,
  response: ApiResponse,
  tables: ApiErrorTables,
  retryAtMs: number | undefined,
): TransportError {
  const { status } = response
  const code = classify(tables, 'api', response)?.code
  const told = typeof code === 'number' ? ` and the code ${code}` : ''
  const details = { provider, phase: 'status', status } as const
  const options = retryAtMs === undefined ? {} : { retryAtMs }
  return new TransportError(`${provider}: the API responded with HTTP ${status}${told}`, details, options)
}

const notThePlatform = {
  en: 'The response has no platform code. Check for a proxy or a firewall in front of the API, and check the API address.',
  zh: '响应中没有平台的错误码：请检查 API 前面的代理或防火墙，以及 API 地址。',
} as const

/** A rate limit of something in front of the platform, which reports it by the status alone. */
const tooMany: ErrorResponse = { code: 429, errorClass: 'rate-limited', message: 'Too Many Requests' }
