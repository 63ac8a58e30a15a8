import { classify, namedClass, valueAt, type ParsedReply, type Refusal } from './classify.js'
import type { MalformedAnswerErrorDetails } from '../errors.js'
import type { AnswerSpec, ProviderSpec, ResolvedRenewal } from '../provider.js'
import { isCount, isObject, isTokenText } from '../token-record.js'

/** Outcome of a token endpoint's response. */
export type TokenAnswer =
  | {
      readonly outcome: 'token'
      readonly value: string
      readonly lifeSeconds: number
      /** Set if the response reports no lifetime, so that `lifeSeconds` is the provider's guess. */
      readonly lifetimeProblem?: LifetimeProblem
      readonly generation?: number
    }
  | { readonly outcome: 'refused'; readonly refusal: Refusal }
  | { readonly outcome: 'malformed'; readonly problem: MalformedAnswerErrorDetails['problem'] }
  | { readonly outcome: 'status' }

/** Why the lifetime of a token is a guess: the field is absent or null, or not a number of seconds. */
export type LifetimeProblem = 'missing' | 'unreadable'

/** The fields of a provider that reading a response needs. */
export interface AnswerReaderSpec extends Pick<ProviderSpec<never>, 'answer' | 'errors'> {
  readonly renewal: Pick<ResolvedRenewal, 'maxLifeSeconds' | 'defaultLifeSeconds'>
}

/**
 * Reads a token endpoint's response: first the body, then the status. `body` is `undefined` if it was not JSON. An odd
 * response is `malformed`, never a token that lives forever. A token without a lifetime is still a token.
 */
export function readAnswer(spec: AnswerReaderSpec, response: ParsedReply): TokenAnswer {
  const refusal = classify(spec, 'token', response)
  if (refusal !== undefined) {
    const isNamed = namedClass(spec.answer, response.body) !== undefined
    return { outcome: 'refused', refusal: isNamed ? refusal : judgedByStatus(refusal, response.status) }
  }
  if (response.status === 429) {
    return { outcome: 'refused', refusal: { code: 429, errorClass: 'rate-limited', message: 'HTTP 429' } }
  }
  // Only a proxy sends 407, with a body of its own.
  if (response.status >= 500 || response.status === 407) return { outcome: 'status' }
  if (response.status >= 300 && response.status < 400) return { outcome: 'malformed', problem: 'redirect' }
  if (response.body === undefined) {
    return { outcome: 'malformed', problem: response.status === 404 ? 'not-found' : 'not-json' }
  }
  if (!isObject(response.body)) return { outcome: 'malformed', problem: 'not-an-object' }
  if (response.status >= 400) return { outcome: 'status' }
  return readToken(spec.answer, spec.renewal, response.body)
}

/**
 * Classifies an unknown code by the HTTP status: gateways send JSON with their own codes, and the status shows what is
 * transient.
 */
function judgedByStatus(refusal: Refusal, status: number): Refusal {
  if (refusal.errorClass !== 'unknown') return refusal
  if (status === 429) return { ...refusal, errorClass: 'rate-limited' }
  return status >= 500 ? { ...refusal, errorClass: 'transient' } : refusal
}

function readToken(answer: AnswerSpec, renewal: AnswerReaderSpec['renewal'], body: unknown): TokenAnswer {
  const value = valueAt(body, answer.token)
  if (!isTokenText(value)) {
    return { outcome: 'malformed', problem: 'no-token' }
  }
  const told = unitsIn(valueAt(body, answer.expiresIn))
  // The platform itself reports that the token has expired, so there is nothing to guess. Less than one of its units
  // counts as expired, too, because such a token would be requested many times a second.
  if (typeof told === 'number' && told < 1) return { outcome: 'malformed', problem: 'bad-expires-in' }
  const lifeSeconds =
    typeof told === 'number' ? told / perSecond[answer.expiresInUnit ?? 'second'] : renewal.defaultLifeSeconds
  const generation = answer.generation === undefined ? undefined : valueAt(body, answer.generation)
  return {
    outcome: 'token',
    value,
    lifeSeconds: Math.min(lifeSeconds, renewal.maxLifeSeconds),
    ...(typeof told === 'string' && { lifetimeProblem: told }),
    ...(isCount(generation) && { generation }),
  }
}

const perSecond = { second: 1, millisecond: 1000 } as const

/** Reads a number, or a text of digits. */
function unitsIn(value: unknown): number | LifetimeProblem {
  if (value === undefined || value === null) return 'missing'
  const isNumeric = typeof value === 'string' && /^\s*[+-]?\d{1,15}(\.\d+)?\s*$/.test(value)
  const told = isNumeric ? Number(value) : value
  // No platform's token lives forever, but one that claims to is still a token.
  return typeof told === 'number' && told < Infinity ? told : 'unreadable'
}
