import { hintFor, type Refusal } from './classify.js'
import type { Endpoint } from './error-class.js'
import { MalformedAnswerError, PlatformError, TransportError } from './errors.js'
import type { ExchangeFailure, RawReply } from './exchange.js'
import { failurePolicy } from './failure-policy.js'
import { isOtherRequest, otherRequestHint } from './other-request.js'
import type { ResolvedSpec } from './provider.js'
import { printable } from './printable.js'
import { redact, scrubCause } from './redact.js'

/** What is shown of a platform's words. */
const longestText = 300

/**
 * The error of a refusal that `classify` found, in words that are safe to print.
 *
 * @param options the language of its hint, and the secrets and tokens that its words may quote
 */
export function platformError(
  spec: Pick<ResolvedSpec<never>, 'id' | 'hints'>,
  endpoint: Endpoint,
  refusal: Refusal,
  {
    status,
    language,
    known,
  }: { readonly status?: number; readonly language: 'en' | 'zh'; readonly known: readonly string[] },
): PlatformError {
  const { code, errorClass } = refusal
  const safe = (text: string): string => printable(redact(text, known)).slice(0, longestText)
  const platformCode = typeof code === 'string' ? safe(code) : code
  const platformMessage = safe(refusal.message)
  const traceId = refusal.traceId === undefined ? undefined : safe(refusal.traceId)
  const ip = refusal.ip === undefined ? undefined : safe(refusal.ip)
  const hint = hintFor(spec.hints, { code, errorClass, ...(ip !== undefined && { ip }) }, language)
  return new PlatformError(
    `${spec.id}: ${endpoint === 'token' ? 'the token request' : 'the API call'} was refused (${platformCode} ${platformMessage})`,
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
    { retryable: failurePolicy[errorClass].retryable, ...(hint !== undefined && { hint }) },
  )
}

/** A 5xx, or a 4xx without a platform code. */
export function statusError(provider: string, status: number): TransportError {
  return new TransportError(`${provider}: the token request was answered with HTTP ${status}`, {
    provider,
    phase: 'status',
    status,
  })
}

/** An answer that is none. */
export function malformedError(
  provider: string,
  problem: MalformedAnswerError['details']['problem'],
  reply: RawReply,
): MalformedAnswerError {
  const hint = malformedHints[problem]
  return new MalformedAnswerError(
    `${provider}: the token request was answered with something else than a token (${problem}, HTTP ${reply.status}, ${reply.bytes} bytes)`,
    { provider, problem, status: reply.status, bytes: reply.bytes },
    hint === undefined ? {} : { hint },
  )
}

const malformedHints: Partial<Record<MalformedAnswerError['details']['problem'], string>> = {
  'not-found': 'Check the baseUrl of the provider: the token endpoint is not there.',
  redirect: 'Check the baseUrl of the provider: the platform never redirects, a proxy or a captive portal does.',
  'not-json': 'A gateway or proxy answered in the place of the platform; try again later.',
}

/** The error of a request that came to nothing. */
export function errorOfFailure(
  provider: string,
  failure: ExchangeFailure,
  known: readonly string[],
): TransportError | MalformedAnswerError {
  switch (failure.kind) {
    case 'timeout':
      return new TransportError(`${provider}: the token request was not answered in time`, {
        provider,
        phase: 'timeout',
      })
    case 'too-large':
    case 'not-text': {
      const { kind, status, bytes } = failure
      const text = `${provider}: the reply to the token request is ${kind === 'too-large' ? 'too large' : 'no UTF-8 text'}`
      return new MalformedAnswerError(text, { provider, problem: kind, status, bytes })
    }
    default: {
      const { kind, systemCode, cause } = failure
      const text = kind === 'connect' ? 'could not be reached' : 'the connection broke'
      return new TransportError(
        `${provider}: ${text}${systemCode === undefined ? '' : ` (${systemCode})`}`,
        { provider, phase: kind, ...(systemCode !== undefined && { systemCode }) },
        { cause: scrubCause(cause, known), ...(isOtherRequest(cause) && { hint: otherRequestHint }) },
      )
    }
  }
}
