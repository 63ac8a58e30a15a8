import {
  classify,
  platformError,
  TransportError,
  type AnyLingpaiError,
  type ApiErrorTables,
  type Clock,
  type Refusal,
  type TokenSource,
} from '@lingpai/core'
import { retryAfterIn } from '@lingpai/core/internal'
import { qqBot } from '@lingpai/provider-qq-bot'
import type { ApiAnswer } from './read-api-answer.js'

/** Whether the platform took a message without delivering it yet: the body of such an answer looks like an error's. */
export function isPending(status: number): boolean {
  return status === 201 || status === 202
}

/**
 * What the API rejected, as an error: the platform's code in the terms of its provider, with a hint; `undefined` when it rejected nothing.
 * A token error that gets here is one that another token did not heal.
 *
 * After a server error the outcome is not known, whatever the body says: a gateway that gave up waiting words it like a rejection
 * (`504 {"code":850012,…}`). Any other status without a code is an answer of something in front of the API, which repeating does not
 * change.
 */
export function apiErrorIn(
  source: TokenSource,
  answer: ApiAnswer,
  { clock, language = 'en' }: { readonly clock: Clock; readonly language?: 'en' | 'zh' },
): AnyLingpaiError | undefined {
  const { status, headers } = answer
  const { provider } = source.account
  if (isPending(status)) return undefined
  const waitMs = retryAfterIn(headers, clock.now())
  const retryAtMs = waitMs === undefined ? undefined : clock.now() + waitMs
  const tables = tablesOf(source)
  if (isServerFault(status)) return serverFault(provider, answer, tables, retryAtMs)
  const refusal = classify(tables, 'api', answer) ?? (status === 429 ? tooMany : undefined)
  if (refusal === undefined) {
    if (status < 300) return undefined
    return new TransportError(
      `${provider}: the API answered HTTP ${status}`,
      { provider, phase: 'status', status },
      { retryable: false, hint: notThePlatform[language] },
    )
  }
  // A limit that no table knows by its code is still a limit.
  const errorClass = refusal.errorClass === 'unknown' && status === 429 ? 'rate-limited' : refusal.errorClass
  const { hints } = tables
  const known: readonly string[] = []
  return platformError(
    { id: provider, ...(hints && { hints }) },
    'api',
    { ...refusal, errorClass },
    { status, language, known, retryAtMs },
  )
}

/** A source of another make may not tell its tables; then the platform's own count. */
function tablesOf({ errorTables }: Partial<Pick<TokenSource, 'errorTables'>>): ApiErrorTables {
  return errorTables ?? qqBot.spec
}

/** Whether the status leaves open what became of a call; 408 comes from a proxy that lost the other side as well. */
function isServerFault(status: number): boolean {
  return status >= 500 || status === 408
}

/** The platform's code is told, so that it can be looked up, but decides nothing. */
function serverFault(
  provider: string,
  answer: ApiAnswer,
  tables: ApiErrorTables,
  retryAtMs: number | undefined,
): TransportError {
  const { status } = answer
  const code = classify(tables, 'api', answer)?.code
  const told = typeof code === 'number' ? ` and the code ${code}` : ''
  const details = { provider, phase: 'status', status } as const
  const options = retryAtMs === undefined ? {} : { retryAtMs }
  return new TransportError(`${provider}: the API answered HTTP ${status}${told}`, details, options)
}

const notThePlatform = {
  en: 'The response has no code of the platform: look for a proxy or a firewall in front of the API, and at the address of the API.',
  zh: '响应中没有平台的错误码：请检查 API 前面的代理或防火墙，以及 API 地址。',
} as const

/** A limit of whatever stands in front of the platform: it says so by the status alone. */
const tooMany: Refusal = { code: 429, errorClass: 'rate-limited', message: 'Too Many Requests' }
