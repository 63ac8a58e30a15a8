import { classify, namedClass, valueAt, type ParsedReply, type Refusal } from './classify.js'
import type { MalformedAnswerErrorDetails } from '../errors.js'
import type { AnswerSpec, ProviderSpec, ResolvedRenewal } from '../provider.js'
import { isCount, isObject, isTokenText } from '../token-record.js'

/** What a token endpoint's reply comes to. */
export type TokenAnswer =
  | {
      readonly outcome: 'token'
      readonly value: string
      readonly lifeSeconds: number
      /** Where the answer does not say how long the token lives, and `lifeSeconds` is the provider's guess. */
      readonly lifetimeProblem?: LifetimeProblem
      readonly generation?: number
    }
  | { readonly outcome: 'refused'; readonly refusal: Refusal }
  | { readonly outcome: 'malformed'; readonly problem: MalformedAnswerErrorDetails['problem'] }
  | { readonly outcome: 'status' }

/** Why the lifetime of a token is a guess: the field is absent or null, or holds something that is no number of seconds. */
export type LifetimeProblem = 'missing' | 'unreadable'

/** The parts of a provider that reading an answer needs. */
export interface AnswerReaderSpec extends Pick<ProviderSpec<never>, 'answer' | 'errors'> {
  readonly renewal: Pick<ResolvedRenewal, 'maxLifeSeconds' | 'defaultLifeSeconds'>
}

/**
 * Reads a token endpoint's reply: the body first, then the status. `body` is `undefined` where the reply held no JSON.
 * Whatever is odd comes out as `malformed`, never as a token that lives for ever. A token whose lifetime is not told is still one.
 */
export function readAnswer(spec: AnswerReaderSpec, reply: ParsedReply): TokenAnswer {
  const refusal = classify(spec, 'token', reply)
  if (refusal !== undefined) {
    const isNamed = namedClass(spec.answer, reply.body) !== undefined
    return { outcome: 'refused', refusal: isNamed ? refusal : judgedByStatus(refusal, reply.status) }
  }
  if (reply.status === 429) {
    return { outcome: 'refused', refusal: { code: 429, errorClass: 'rate-limited', message: 'HTTP 429' } }
  }
  // Only a proxy sends 407, and in words of its own.
  if (reply.status >= 500 || reply.status === 407) return { outcome: 'status' }
  if (reply.status >= 300 && reply.status < 400) return { outcome: 'malformed', problem: 'redirect' }
  if (reply.body === undefined) {
    return { outcome: 'malformed', problem: reply.status === 404 ? 'not-found' : 'not-json' }
  }
  if (!isObject(reply.body)) return { outcome: 'malformed', problem: 'not-an-object' }
  if (reply.status >= 400) return { outcome: 'status' }
  return readToken(spec.answer, spec.renewal, reply.body)
}

/** A gateway speaks JSON with codes of its own: where no table lists the code, the status tells what passes by itself. */
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
  // The platform itself says that it is over: that is no guess. Less than one of its own units is over as well, or a token would be
  // asked for many times a second.
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

/** A number, or a text of digits. */
function unitsIn(value: unknown): number | LifetimeProblem {
  if (value === undefined || value === null) return 'missing'
  const isNumeric = typeof value === 'string' && /^\s*[+-]?\d{1,15}(\.\d+)?\s*$/.test(value)
  const told = isNumeric ? Number(value) : value
  // No platform's token lives for ever, but one that says so is not dead either.
  return typeof told === 'number' && told < Infinity ? told : 'unreadable'
}
