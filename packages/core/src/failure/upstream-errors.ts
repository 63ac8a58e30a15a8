import { hintFor, hintIn, type ErrorResponse } from '../provider/classify.js'
import { faultHint, passes } from './fault-hint.js'
import type { Endpoint } from '../error-class.js'
import { MalformedResponseError, PlatformError, TransportError } from '../errors.js'
import type { FetchFailure, TextResponse } from '../http/bounded-fetch.js'
import { failurePolicy } from './policy.js'
import type { NetworkFault } from '../http/network-fault.js'
import { isOtherRequest, otherRequestHint } from '../http/other-request.js'
import type { Hint, ResolvedSpec } from '../provider.js'
import { printable } from '../secrecy/printable.js'
import { redact, scrubCause } from '../secrecy/redact.js'

/** Longest quote of a platform's message in an error. */
const longestText = 300

/**
 * Creates the error for a platform's error that `classify` found, with text that is safe to print.
 *
 * @param options the language of the hint, and the secrets and tokens that the text may quote
 */
export function platformError(
  spec: Pick<ResolvedSpec<never>, 'id' | 'hints'>,
  endpoint: Endpoint,
  errorResponse: ErrorResponse,
  {
    status,
    language,
    known,
    retryAtMs,
  }: {
    readonly status?: number
    readonly language: 'en' | 'zh'
    readonly known: readonly string[]
    readonly retryAtMs?: number | undefined
  },
): PlatformError {
  const { code, errorClass } = errorResponse
  const safe = (text: string): string => printable(redact(text, known)).slice(0, longestText)
  const platformCode = typeof code === 'string' ? safe(code) : code
  const platformMessage = safe(errorResponse.message)
  const traceId = errorResponse.traceId === undefined ? undefined : safe(errorResponse.traceId)
  const ip = errorResponse.ip === undefined ? undefined : safe(errorResponse.ip)
  const hint = hintFor(spec.hints, { code, errorClass, ...(ip !== undefined && { ip }) }, language)
  return new PlatformError(
    `${spec.id}: ${endpoint === 'token' ? 'the token request' : 'the API call'} was rejected (${[platformCode, platformMessage].filter((word) => word !== '').join(' ')})`,
    {
      provider: spec.id,
      endpoint,
      platformCode,
      platformMessage,
      errorClass,
      ...(traceId !== undefined && { traceId }),
      ...(status !== undefined && { status }),
      ...(ip !== undefined && { ip }),
    },
    {
      retryable: failurePolicy[errorClass].retryable,
      ...(retryAtMs !== undefined && { retryAtMs }),
      ...(hint !== undefined && { hint }),
    },
  )
}

/** The error of a request without a response in time. */
export function timeoutError(provider: string): TransportError {
  return new TransportError(`${provider}: the platform did not respond in time`, { provider, phase: 'timeout' })
}

/** The error of a 5xx response, or of a 4xx without a platform code. */
export function statusError(provider: string, status: number | undefined, language: 'en' | 'zh'): TransportError {
  // Only a proxy sends 407.
  const hint = status === 407 ? faultHint('proxy', language) : undefined
  return new TransportError(
    `${provider}: the token request got HTTP ${status ?? 'error'}`,
    { provider, phase: 'status', ...(status !== undefined && { status }) },
    hint === undefined ? {} : { hint, retryable: false },
  )
}

/** The error of a malformed response. */
export function malformedError(
  provider: string,
  problem: MalformedResponseError['details']['problem'],
  response: Omit<TextResponse, 'kind'>,
  language: 'en' | 'zh',
): MalformedResponseError {
  const hint = hintIn(malformedHints[problem], language)
  return new MalformedResponseError(
    `${provider}: the response to the token request holds no usable token (${problem}, HTTP ${response.status}, ${response.bytes} bytes)`,
    { provider, problem, status: response.status, bytes: response.bytes },
    hint === undefined ? {} : { hint },
  )
}

const malformedHints: Partial<Record<MalformedResponseError['details']['problem'], Hint>> = {
  'not-found': {
    en: 'Check the baseUrl of the provider: the token endpoint is not there.',
    zh: '请检查 provider 的 baseUrl：该地址没有获取令牌的接口。',
  },
  redirect: {
    en: 'Check the baseUrl of the provider: the platform never redirects, a proxy or a captive portal does.',
    zh: '请检查 provider 的 baseUrl：平台不会重定向，通常是代理或认证门户所为。',
  },
  'not-json': {
    en: 'A gateway or proxy responded instead of the platform; try again later.',
    zh: '返回内容来自网关或代理，而不是平台：请稍后重试。',
  },
  'bad-expires-in': {
    en: 'The platform says that the token has already expired: check which server is at the baseUrl of the provider, and its renewal and response data.',
    zh: '平台称该令牌已过期：请检查 provider 的 baseUrl 由谁应答，以及其 renewal 与 response 数据。',
  },
}

/** The error of a request that failed without a usable response. */
export function errorOfFailure(
  provider: string,
  failure: FetchFailure,
  { language, known }: { readonly language: 'en' | 'zh'; readonly known: readonly string[] },
): TransportError | MalformedResponseError {
  switch (failure.kind) {
    case 'timeout':
      return timeoutError(provider)
    case 'too-large':
    case 'not-text': {
      const { kind, status, bytes } = failure
      const text = `${provider}: the response to the token request is ${kind === 'too-large' ? 'too large' : 'not UTF-8 text'}`
      return new MalformedResponseError(text, { provider, problem: kind, status, bytes })
    }
    default: {
      const { kind, cause, ...fault } = failure
      return networkError(provider, { phase: kind, ...fault }, { language, cause: scrubCause(cause, known) })
    }
  }
}

/** The error of a network fault, in this process or, as read from the cache, in another one. */
export function networkError(
  provider: string,
  fault: NetworkFault,
  { language, cause }: { readonly language: 'en' | 'zh'; readonly cause?: unknown },
): TransportError {
  const { phase, systemCode, problem, status } = fault
  const facts = status === undefined ? systemCode : `HTTP ${status}`
  const code = facts === undefined ? '' : ` (${facts})`
  const hint = problem === undefined ? otherHint(cause) : faultHint(problem, language)
  return new TransportError(
    `${provider}: ${faultTexts[problem ?? phase]}${code}`,
    {
      provider,
      phase,
      ...(status !== undefined && { status }),
      ...(systemCode !== undefined && { systemCode }),
      ...(problem !== undefined && { problem }),
    },
    { retryable: passes(fault), ...(hint !== undefined && { hint }), cause },
  )
}

/** In workerd, one request cannot wait for I/O of another. */
function otherHint(cause: unknown): string | undefined {
  return isOtherRequest(cause) ? otherRequestHint : undefined
}

const faultTexts: Readonly<Record<NetworkFault['phase'] | NonNullable<NetworkFault['problem']>, string>> = {
  connect: 'could not be reached',
  exchange: 'the connection broke',
  certificate: 'the TLS certificate was rejected',
  url: 'the address cannot be used',
  fetch: 'the response of the `fetch` option cannot be read',
  proxy: 'the proxy did not connect to the platform',
  framework: 'the framework that replaces `fetch` ended the render',
}
