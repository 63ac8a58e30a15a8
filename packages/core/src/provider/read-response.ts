import { classify, namedClass, valueAt, type ParsedResponse, type ErrorResponse } from './classify.js'
import type { MalformedResponseErrorDetails } from '../errors.js'
import type { ResponseSpec, ProviderSpec, ResolvedRenewal } from '../provider.js'
import { isCount, isObject, isTokenText } from '../token-record.js'

/** Outcome of a token endpoint's response. */
export type TokenResponse =
  | {
      readonly kind: 'token'
      readonly value: string
      readonly lifeSeconds: number
      /** Set if the response reports no lifetime, so that `lifeSeconds` is the provider's guess. */
      readonly lifetimeProblem?: LifetimeProblem
      readonly generation?: number
    }
  | { readonly kind: 'error'; readonly errorResponse: ErrorResponse }
  | { readonly kind: 'malformed'; readonly problem: MalformedResponseErrorDetails['problem'] }
  | { readonly kind: 'status' }

/** Why the lifetime of a token is a guess: the field is absent or null, or not a number of seconds. */
export type LifetimeProblem = 'missing' | 'unreadable'

/** The fields of a provider that reading a response needs. */
export interface ResponseReaderSpec extends Pick<ProviderSpec<never>, 'response' | 'errors'> {
  readonly renewal: Pick<ResolvedRenewal, 'maxLifeSeconds' | 'defaultLifeSeconds'>
}

/**
 * Reads a token endpoint's response: first the body, then the status. `body` is `undefined` if it was not JSON. An odd
 * response is `malformed`, never a token that lives forever. A token without a lifetime is still a token.
 *
 * @param askedAtMs when the request was sent, in Unix milliseconds on the clock of this host
 */
export function readResponse(spec: ResponseReaderSpec, response: ParsedResponse, askedAtMs: number): TokenResponse {
  const errorResponse = classify(spec, 'token', response)
  if (errorResponse !== undefined) {
    const isNamed = namedClass(spec.response, response.body) !== undefined
    return { kind: 'error', errorResponse: isNamed ? errorResponse : judgedByStatus(errorResponse, response.status) }
  }
  if (response.status === 429) {
    return { kind: 'error', errorResponse: { code: 429, errorClass: 'rate-limited', message: 'HTTP 429' } }
  }
  // Only a proxy sends 407, with a body of its own.
  if (response.status >= 500 || response.status === 407) return { kind: 'status' }
  if (response.status >= 300 && response.status < 400) return { kind: 'malformed', problem: 'redirect' }
  if (response.body === undefined) {
    return { kind: 'malformed', problem: response.status === 404 ? 'not-found' : 'not-json' }
  }
  if (!isObject(response.body)) return { kind: 'malformed', problem: 'not-an-object' }
  if (response.status >= 400) return { kind: 'status' }
  return readToken(spec.response, spec.renewal, response.body, askedAtMs)
}

/**
 * Classifies an unknown code by the HTTP status: gateways send JSON with their own codes, and the status shows what is
 * transient.
 */
function judgedByStatus(errorResponse: ErrorResponse, status: number): ErrorResponse {
  if (errorResponse.errorClass !== 'unknown') return errorResponse
  if (status === 429) return { ...errorResponse, errorClass: 'rate-limited' }
  return status >= 500 ? { ...errorResponse, errorClass: 'transient' } : errorResponse
}

function readToken(
  shape: ResponseSpec,
  renewal: ResponseReaderSpec['renewal'],
  body: unknown,
  askedAtMs: number,
): TokenResponse {
  const value = valueAt(body, shape.token)
  if (!isTokenText(value)) {
    return { kind: 'malformed', problem: 'no-token' }
  }
  const told = shape.expiresIn === undefined ? 'missing' : unitsIn(valueAt(body, shape.expiresIn))
  // The platform itself reports that the token has expired, so there is nothing to guess. Less than one of its units
  // counts as expired, too, because such a token would be requested many times a second.
  if (typeof told === 'number' && told < 1) return { kind: 'malformed', problem: 'bad-expires-in' }
  const life =
    typeof told === 'number'
      ? told / perSecond[shape.expiresInUnit ?? 'second']
      : (lifeUntilEnd(shape, body, askedAtMs) ?? told)
  const lifeSeconds = typeof life === 'number' ? life : renewal.defaultLifeSeconds
  const generation = shape.generation === undefined ? undefined : valueAt(body, shape.generation)
  return {
    kind: 'token',
    value,
    lifeSeconds: Math.min(lifeSeconds, renewal.maxLifeSeconds),
    ...(typeof life === 'string' && { lifetimeProblem: life }),
    ...(isCount(generation) && { generation }),
  }
}

const perSecond = { second: 1, millisecond: 1000 } as const

/** The life in seconds until the moment that the response names. A moment in the past says more about the clock of this host. */
function lifeUntilEnd(
  { expiresAt, expiresAtUnit = 'second' }: ResponseSpec,
  body: unknown,
  askedAtMs: number,
): number | LifetimeProblem | undefined {
  if (expiresAt === undefined) return undefined
  const endsAt = unitsIn(valueAt(body, expiresAt))
  if (typeof endsAt !== 'number') return endsAt
  const lifeSeconds = endsAt / perSecond[expiresAtUnit] - askedAtMs / 1000
  return lifeSeconds < 1 ? 'unreadable' : lifeSeconds
}

/** Reads a number, or a text of digits. */
function unitsIn(value: unknown): number | LifetimeProblem {
  if (value === undefined || value === null) return 'missing'
  const isNumeric = typeof value === 'string' && /^\s*[+-]?\d{1,15}(\.\d+)?\s*$/.test(value)
  const told = isNumeric ? Number(value) : value
  // No platform's token lives forever, but one that claims to is still a token.
  return typeof told === 'number' && told < Infinity ? told : 'unreadable'
}
