import { buildRequest, requestWithToken, type BuiltRequest, type RequestBase } from '../provider/build-request.js'
import { parseBody } from '../provider/classify.js'
import type { Clock } from '../clock.js'
import { ConfigError, isLingpaiError, type AnyLingpaiError } from '../errors.js'
import { boundedFetch } from '../http/bounded-fetch.js'
import { failurePolicy } from '../failure/policy.js'
import { classOfError } from '../failure/failure-record.js'
import { pause } from '../time/pause.js'
import type { RequestFacts, ResolvedCredentials, ResolvedSpec } from '../provider.js'
import { readAnswer, type LifetimeProblem } from '../provider/read-response.js'
import { scrubCause } from '../secrecy/redact.js'
import { retryAfterIn } from '../http/retry-after.js'
import type { SharedMoment } from '../cache/store-clock.js'
import { errorOfFailure, malformedError, platformError, statusError } from '../failure/upstream-errors.js'

/** A token fresh from the platform. */
export interface FreshToken {
  readonly value: string
  /** Remaining life in milliseconds, from the moment the request was sent. */
  readonly lifeMs: number
  /** Why `lifeMs` is the provider's guess, where it is one. */
  readonly lifetimeProblem?: LifetimeProblem
  /** When the request was sent. */
  readonly sentAt: SharedMoment
  /** The number that upstream gives it, where it counts. */
  readonly generation?: number
}

/** What a token request comes to. */
export type TokenRequestOutcome =
  | { readonly kind: 'token'; readonly token: FreshToken }
  | { readonly kind: 'failed'; readonly failure: UpstreamFailure }

/** A failed request, with what the cool-down needs to know. */
export interface UpstreamFailure {
  readonly error: AnyLingpaiError
  readonly retryAfterMs?: number
  readonly codeCoolDownMs?: number
  /** Whether the answer was good when it was given, and over when it arrived. */
  readonly isLate?: boolean
}

/** What talking to a platform takes. */
export interface UpstreamOptions {
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  readonly random: () => number
  readonly language: 'en' | 'zh'
}

/** Limits of one refresh. */
export interface UpstreamLimits {
  readonly signal: AbortSignal
  /** Moment on the monotonic clock at which it must be over, in milliseconds. */
  readonly endsAtMonotonicMs: number
  /** Whether to ask once more after a passing fault; a refresh ahead asks once and comes back later. */
  readonly mayRepeat: () => boolean
  /** Tokens that the platform's words may quote. */
  readonly tokens: () => readonly string[]
  /** Is told of each token that the platform gives, of use or not. */
  readonly onToken: (value: string) => void
  /** Now, for {@link FreshToken.sentAt}. */
  readonly moment: () => SharedMoment
  /** Milliseconds since then, at most. */
  readonly msSince: (moment: SharedMoment) => Promise<number>
  readonly facts: RequestFacts
  /** The parent's token, for a derived credential. */
  readonly parentToken?: string
}

/** First pause before a transient failure is tried again within a refresh; it grows fourfold. */
const firstPauseMs = 100

/** Asks a platform for a token: bounded, no redirects, repeated only for what passes by itself. */
export async function requestToken<C>(
  spec: ResolvedSpec<C>,
  credentials: ResolvedCredentials<C>,
  options: UpstreamOptions,
  limits: UpstreamLimits,
): Promise<TokenRequestOutcome> {
  const { clock, random } = options
  const bases = [spec.baseUrl, ...(spec.fallbackBaseUrls ?? [])]
  let base = 0
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await ask(spec, { ...spec, ...baseOf(bases[base]) }, credentials, options, limits)
    if (outcome.kind === 'token' || outcome.failure.retryAfterMs !== undefined) return outcome
    const canMove = isConnectFailure(outcome.failure.error) && base + 1 < bases.length
    if (canMove) base += 1
    else if (!limits.mayRepeat() || attempt >= attemptsFor(spec, outcome.failure)) return outcome
    const pauseMs = canMove ? 0 : firstPauseMs * 4 ** (attempt - 1) * (1 + random())
    if (clock.monotonic() + pauseMs >= limits.endsAtMonotonicMs) return outcome
    if (canMove) continue
    await pause(clock, pauseMs, { signal: limits.signal, holdsProcess: true })
    if (!limits.mayRepeat()) return outcome
  }
}

/** A base as an optional field. */
export function baseOf(baseUrl: string | undefined): { readonly baseUrl?: string } {
  return baseUrl === undefined ? {} : { baseUrl }
}

function isConnectFailure(error: AnyLingpaiError): boolean {
  return error.code === 'ERR_LINGPAI_TRANSPORT' && error.details.phase === 'connect'
}

function attemptsFor<C>(spec: ResolvedSpec<C>, { error, isLate = false }: UpstreamFailure): number {
  // The token was near its end, or a clock was set over the request: the next answer is a good one.
  if (isLate) return failurePolicy.transient.attempts
  // What makes no sense would make none a moment later.
  if (error.code === 'ERR_LINGPAI_MALFORMED_ANSWER') return 1
  const ofCode =
    error.code === 'ERR_LINGPAI_PLATFORM' ? spec.perCode?.[String(error.details.platformCode)]?.attempts : undefined
  return ofCode ?? failurePolicy[classOfError(error)].attempts
}

async function ask<C>(
  spec: ResolvedSpec<C>,
  base: RequestBase,
  credentials: ResolvedCredentials<C>,
  options: UpstreamOptions,
  { signal, endsAtMonotonicMs, tokens, onToken, moment, msSince, facts, parentToken = '' }: UpstreamLimits,
): Promise<TokenRequestOutcome> {
  const { fetch, clock, language } = options
  // A flight beside this one may bring another token before the platform quotes it.
  const before = tokens()
  const described = requestOf(spec, base, credentials, facts)
  const request = spec.parent ? requestWithToken(described, spec.parent.spec.placement, parentToken) : described
  const sentAt = moment()
  const timeoutMs = Math.max(0, endsAtMonotonicMs - sentAt.monotonic)
  const response = await boundedFetch(fetch, clock, request, { signal, timeoutMs })
  const known = [...spec.secrets.map((field) => credentials[field]), ...before, ...tokens(), parentToken]
  if (response.kind !== 'response') {
    const error = errorOfFailure(spec.id, response, { language, known })
    // The end of a render is not a failure of the account: no repetition, and no cool-down for others.
    if (error.digest !== undefined) throw error
    return failed({ error })
  }

  const answer = readAnswer(spec, {
    status: response.status,
    headers: response.headers,
    body: parseBody(response.text),
  })
  const retryAfterMs = retryAfterIn(response.headers, clock.now())
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
  switch (answer.outcome) {
    case 'token': {
      const { value, lifeSeconds, lifetimeProblem, generation } = answer
      const lifeMs = lifeSeconds * 1000
      onToken(value)
      // It died on its way here: asking again is right, handing it out is not.
      if ((await msSince(sentAt)) + 1 > lifeMs)
        return failed({ error: malformedError(spec.id, 'bad-expires-in', response, language), isLate: true })
      const guess = lifetimeProblem && { lifetimeProblem }
      const token = { value, lifeMs, ...guess, sentAt, ...(generation !== undefined && { generation }) }
      return { kind: 'token', token }
    }
    case 'refused': {
      const coolDownSeconds = spec.perCode?.[String(answer.refusal.code)]?.coolDownSeconds
      const error = platformError(spec, 'token', answer.refusal, { status: response.status, language, known })
      const codeWait = coolDownSeconds !== undefined && { codeCoolDownMs: coolDownSeconds * 1000 }
      return failed({ error, ...wait, ...codeWait })
    }
    case 'status':
      return failed({ error: statusError(spec.id, response.status, language), ...wait })
    case 'malformed':
      return failed({ error: malformedError(spec.id, answer.problem, response, language), ...wait })
  }
}

function failed(failure: UpstreamFailure): TokenRequestOutcome {
  return { kind: 'failed', failure }
}

/** A provider's `request()` is foreign code: what it throws may quote the secrets. */
function requestOf<C>(
  spec: ResolvedSpec<C>,
  base: RequestBase,
  credentials: ResolvedCredentials<C>,
  facts: RequestFacts,
): BuiltRequest {
  try {
    return buildRequest(base, spec.request(credentials, facts))
  } catch (error) {
    const known = spec.secrets.map((field) => credentials[field])
    if (isLingpaiError(error)) throw error
    throw new ConfigError(
      `provider "${spec.id}": request() failed`,
      { field: 'request', problem: 'malformed' },
      { cause: scrubCause(error, known) },
    )
  }
}
