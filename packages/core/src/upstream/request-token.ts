import {
  buildRequest,
  placementFor,
  requestWithParentToken,
  requestWithToken,
  type BuiltRequest,
  type RequestBase,
} from '../provider/build-request.js'
import { parseBody } from '../provider/classify.js'
import { ConfigError, isLingpaiError, type AnyLingpaiError } from '../errors.js'
import { boundedFetch } from '../http/bounded-fetch.js'
import { failurePolicy } from '../failure/policy.js'
import { classOfError } from '../failure/failure-record.js'
import { abortable } from '../time/abortable.js'
import { pause } from '../time/pause.js'
import type { RequestFacts, ResolvedCredentials, ResolvedSpec, Secret } from '../provider.js'
import { readResponse, type LifetimeProblem } from '../provider/read-response.js'
import { scrubCause } from '../secrecy/redact.js'
import { retryAfterIn } from '../http/retry-after.js'
import type { SharedMoment } from '../cache/store-clock.js'
import type { UpstreamOptions } from './upstream-options.js'
import { volatileCredentials } from './volatile-credentials.js'
import { errorOfFailure, malformedError, platformError, statusError } from '../failure/upstream-errors.js'

/** A token that the platform has just given. */
export interface FreshToken {
  readonly value: string
  /** Remaining life in milliseconds, counted from when the request was sent. */
  readonly lifeMs: number
  /** Why `lifeMs` is a guess of the provider, if it is one. */
  readonly lifetimeProblem?: LifetimeProblem
  /** When the request was sent. */
  readonly sentAt: SharedMoment
  /** Upstream's own number of the token, if it numbers its tokens. */
  readonly generation?: number
}

/** The credentials of an account, the secrets fetched, and the volatile ones as they were given. */
export interface GivenCredentials<C> {
  readonly credentials: ResolvedCredentials<C>
  readonly volatile: Readonly<Record<string, Secret>>
}

/** Outcome of a token request. */
export type TokenRequestOutcome =
  | { readonly kind: 'token'; readonly token: FreshToken }
  | { readonly kind: 'failed'; readonly failure: UpstreamFailure }

/** A failed request, with the facts that determine the cool-down. */
export interface UpstreamFailure {
  readonly error: AnyLingpaiError
  readonly retryAfterMs?: number
  readonly codeCoolDownMs?: number
  /** Whether the token had expired only when the response arrived. */
  readonly isLate?: boolean
}

/** What the token requests of one refresh go by. */
export interface TokenRequestTerms {
  readonly signal: AbortSignal
  /** Moment on the monotonic clock at which the refresh must be over, in milliseconds. */
  readonly endsAtMonotonicMs: number
  /** Whether to repeat the request after a transient failure. A refresh ahead does not: it is attempted again later. */
  readonly mayRepeat: () => boolean
  /** Tokens that must be masked in the platform's messages. */
  readonly tokens: () => readonly string[]
  /** Called with each token that the platform gives, usable or not. */
  readonly onToken: (value: string) => void
  /** Returns the current moment, for {@link FreshToken.sentAt}. */
  readonly moment: () => SharedMoment
  /** Returns the most milliseconds that may have passed since a moment. */
  readonly msSince: (moment: SharedMoment) => Promise<number>
  readonly facts: RequestFacts
  /** The parent's token for a derived account. */
  readonly parentToken?: string
}

/** First pause before a repetition within a refresh. Each further pause is four times as long. */
const firstPauseMs = 100

/**
 * Requests a token from a platform: limited in time and size, without redirects, and only repeated after transient
 * failures.
 */
export async function requestToken<C>(
  spec: ResolvedSpec<C>,
  given: GivenCredentials<C>,
  options: UpstreamOptions,
  terms: TokenRequestTerms,
): Promise<TokenRequestOutcome> {
  const { clock, random } = options
  const baseUrls = [spec.baseUrl, ...(spec.fallbackBaseUrls ?? [])]
  let index = 0
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await ask(spec, { ...spec, ...baseOf(baseUrls[index]) }, given, options, terms)
    if (outcome.kind === 'token' || outcome.failure.retryAfterMs !== undefined) return outcome
    const canMove = isConnectFailure(outcome.failure.error) && index + 1 < baseUrls.length
    if (canMove) index += 1
    else if (!terms.mayRepeat() || attempt >= attemptsFor(spec, outcome.failure)) return outcome
    const pauseMs = canMove ? 0 : firstPauseMs * 4 ** (attempt - 1) * (1 + random())
    if (clock.monotonic() + pauseMs >= terms.endsAtMonotonicMs) return outcome
    if (canMove) continue
    await pause(clock, pauseMs, { signal: terms.signal, holdsProcess: true })
    if (!terms.mayRepeat()) return outcome
  }
}

/** Returns a base URL as an optional field. */
export function baseOf(baseUrl: string | undefined): { readonly baseUrl?: string } {
  return baseUrl === undefined ? {} : { baseUrl }
}

function isConnectFailure(error: AnyLingpaiError): boolean {
  return error.code === 'ERR_LINGPAI_TRANSPORT' && error.details.phase === 'connect'
}

function attemptsFor<C>(spec: ResolvedSpec<C>, { error, isLate = false }: UpstreamFailure): number {
  // The token was about to expire, or a clock was set during the request: the next response is usable.
  if (isLate) return failurePolicy.transient.attempts
  // A malformed response would be malformed again a moment later.
  if (error.code === 'ERR_LINGPAI_MALFORMED_RESPONSE') return 1
  const ofCode =
    error.code === 'ERR_LINGPAI_PLATFORM' ? spec.perCode?.[String(error.details.platformCode)]?.attempts : undefined
  return ofCode ?? failurePolicy[classOfError(error)].attempts
}

async function ask<C>(
  spec: ResolvedSpec<C>,
  base: RequestBase,
  given: GivenCredentials<C>,
  options: UpstreamOptions,
  { signal, endsAtMonotonicMs, tokens, onToken, moment, msSince, facts, parentToken = '' }: TokenRequestTerms,
): Promise<TokenRequestOutcome> {
  const { fetch, clock, language } = options
  let credentials: ResolvedCredentials<C>
  try {
    const leftMs = Math.max(0, endsAtMonotonicMs - clock.monotonic())
    const volatile = await abortable(volatileCredentials(spec, given.volatile, options, leftMs), signal)
    credentials = { ...given.credentials, ...volatile }
  } catch (error) {
    signal.throwIfAborted()
    return failed({ error: error as AnyLingpaiError })
  }
  // Snapshot: another refresh may replace the token in memory before the platform quotes it.
  const before = tokens()
  const request = requestOf(spec, base, credentials, { facts, parentToken })
  const sentAt = moment()
  const timeoutMs = Math.max(0, endsAtMonotonicMs - sentAt.monotonic)
  const response = await boundedFetch(fetch, clock, request, { signal, timeoutMs })
  const known = [...secretsIn(spec, credentials), ...before, ...tokens(), parentToken]
  if (response.kind !== 'response') {
    const error = errorOfFailure(spec.id, response, { language, known })
    // The end of a render is not a failure of the account: no repetition, and no cool-down for other processes.
    if (error.digest !== undefined) throw error
    return failed({ error })
  }

  const { status, headers } = response
  const read = readResponse(spec, { status, headers, body: parseBody(response.text) }, sentAt.wall)
  const retryAfterMs = retryAfterIn(response.headers, clock.now())
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
  switch (read.kind) {
    case 'token': {
      const { value, lifeSeconds, lifetimeProblem, generation } = read
      const lifeMs = lifeSeconds * 1000
      onToken(value)
      // The token expired on its way here: it must not be served, but another request is fine.
      if ((await msSince(sentAt)) + 1 > lifeMs)
        return failed({ error: malformedError(spec.id, 'bad-expires-in', response, language), isLate: true })
      const guess = lifetimeProblem && { lifetimeProblem }
      const token = { value, lifeMs, ...guess, sentAt, ...(generation !== undefined && { generation }) }
      return { kind: 'token', token }
    }
    case 'error': {
      const coolDownSeconds = spec.perCode?.[String(read.errorResponse.code)]?.coolDownSeconds
      const error = platformError(spec, 'token', read.errorResponse, { status: response.status, language, known })
      const codeWait = coolDownSeconds !== undefined && { codeCoolDownMs: coolDownSeconds * 1000 }
      return failed({ error, ...wait, ...codeWait })
    }
    case 'status':
      return failed({ error: statusError(spec.id, response.status, language), ...wait })
    case 'malformed':
      return failed({ error: malformedError(spec.id, read.problem, response, language), ...wait })
  }
}

function failed(failure: UpstreamFailure): TokenRequestOutcome {
  return { kind: 'failed', failure }
}

/** The values that no error may quote. */
function secretsIn<C>(spec: ResolvedSpec<C>, credentials: ResolvedCredentials<C>): readonly string[] {
  return [...spec.secrets, ...(spec.volatile ?? [])].map((field) => credentials[field])
}

/**
 * Calls the provider's `request()`, which is foreign code: its errors may quote the secrets. Adds the parent's token.
 */
function requestOf<C>(
  spec: ResolvedSpec<C>,
  base: RequestBase,
  credentials: ResolvedCredentials<C>,
  { facts, parentToken }: { readonly facts: RequestFacts; readonly parentToken: string },
): BuiltRequest {
  const { parent, parentPlacement } = spec
  try {
    const described = requestWithParentToken(spec.request(credentials, facts), parentPlacement, parentToken)
    const built = buildRequest(base, described)
    if (parent === undefined || parentPlacement?.in === 'json') return built
    return requestWithToken(built, parentPlacement ?? placementFor(parent.spec, new URL(built.url)), parentToken)
  } catch (error) {
    const known = secretsIn(spec, credentials)
    if (isLingpaiError(error)) throw error
    throw new ConfigError(
      `provider "${spec.id}": request() failed`,
      { field: 'request', problem: 'malformed' },
      { cause: scrubCause(error, known) },
    )
  }
}
