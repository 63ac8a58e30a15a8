import { fastifyCookie } from '@fastify/cookie'
import type { Clock } from '@lingpai/core'
import type { FastifyRequest } from 'fastify'
import type { AccessLog } from '../audit/access-log.js'
import { ApiError } from '../http/api-error.js'
import { callerOf, type Caller } from './caller.js'
import type { ClientKey } from '../keys/client-key.js'
import type { ClientKeys } from '../keys/client-keys.js'
import { sessionCookieName, type Sessions } from './session-cookie.js'
import { rateLimiter } from './rate-limiter.js'

/** Authenticates requests; see {@link ServerContext.authenticate}. */
export interface Authenticator {
  authenticate(request: FastifyRequest): Caller
  authenticateKey(text: string, request: FastifyRequest): Caller
  callerOfKey(authorization: string | undefined): Caller | undefined
  callerOf(key: ClientKey): Caller
  withinLimit(caller: Caller, request: FastifyRequest): Caller
  admit(caller: Caller, nowMs: number): boolean
}

/** Wrong keys per second from one address, sustained: enough for a mistake, too few for guessing. */
const wrongPerSecond = 1
const wrongBurstSeconds = 20
const burstSeconds = 2

/** What the authenticator needs. */
export interface AuthenticatorParts {
  readonly keys: ClientKeys
  readonly sessions: Sessions
  readonly access: AccessLog
  readonly clock: Clock
  /** Requests per second for a key without a limit of its own. */
  readonly rateLimit: number
}

/** Checks client keys and session cookies, and enforces rate limits. */
export function authenticator({
  keys,
  sessions,
  access,
  clock,
  rateLimit: perSecond,
}: AuthenticatorParts): Authenticator {
  const limiter = rateLimiter(clock, burstSeconds)
  const wrong = rateLimiter(clock, wrongBurstSeconds)
  const callers = new WeakMap<ClientKey, Caller>()
  const known = (key: ClientKey): Caller => {
    let caller = callers.get(key)
    if (caller === undefined) callers.set(key, (caller = callerOf(key)))
    return caller
  }
  const withinLimit = (caller: Caller, request: FastifyRequest): Caller => {
    const { id, rateLimit = perSecond } = caller.key
    const nowMs = clock.monotonic()
    const waitMs = limiter.take(id, rateLimit, nowMs)
    if (waitMs > 0) {
      access.rejected('rate-limited', request)
      throw new ApiError('ERR_RATE_LIMITED', 'this key exceeds its rate limit', { retryAfterMs: waitMs })
    }
    access.accepted(caller, nowMs)
    return caller
  }
  const failed = (request: FastifyRequest, text: string, outcome: 'unknown-key' | 'session-over'): ApiError => {
    const waitMs = wrong.take(request.ip, wrongPerSecond)
    access.rejected(waitMs > 0 ? 'blocked' : outcome, request)
    if (waitMs > 0) return tooManyWrongKeys(waitMs)
    return new ApiError('ERR_UNAUTHENTICATED', text)
  }
  const assertNotBlocked = (request: FastifyRequest): void => {
    const waitMs = wrong.look(request.ip, wrongPerSecond)
    if (waitMs === 0) return
    access.rejected('blocked', request)
    throw tooManyWrongKeys(waitMs)
  }
  const authenticateKey = (text: string, request: FastifyRequest): Caller => {
    // A valid key passes even while its address is blocked, because all clients behind a proxy share one address.
    const key = keys.verify(text)
    if (key !== undefined) return withinLimit(known(key), request)
    assertNotBlocked(request)
    throw failed(request, 'unknown client key', 'unknown-key')
  }
  return {
    authenticateKey,
    callerOf: known,
    withinLimit,
    callerOfKey: (authorization) => {
      const key = authorization === undefined ? undefined : keys.verify(bearerOf(authorization))
      return key && known(key)
    },
    admit: (caller, nowMs) => {
      const { id, rateLimit = perSecond } = caller.key
      const isWithinLimit = limiter.take(id, rateLimit, nowMs) === 0
      if (isWithinLimit) access.accepted(caller, nowMs)
      return isWithinLimit
    },
    authenticate: (request) => {
      const { authorization } = request.headers
      if (authorization !== undefined) {
        return authenticateKey(bearerOf(authorization), request)
      }
      const cookie = sessionCookieOf(request)
      const session = cookie === undefined ? undefined : sessions.open(cookie, keys, clock.now())
      if (session === undefined) {
        if (cookie !== undefined) throw failed(request, 'the session has ended', 'session-over')
        access.rejected('no-key', request)
        throw new ApiError('ERR_UNAUTHENTICATED', 'a client key is required: Authorization: Bearer <key>')
      }
      assertSameSite(request)
      return withinLimit(callerOf(session.key, session), request)
    },
  }
}

/** Returns the text after the scheme, which is case-insensitive; an empty one for another scheme. */
function bearerOf(authorization: string): string {
  return authorization.startsWith('Bearer ') || /^bearer /i.test(authorization)
    ? authorization.slice('bearer '.length)
    : ''
}

/** Returns the value of the session cookie, if present. */
function sessionCookieOf({ headers: { cookie } }: FastifyRequest): string | undefined {
  return cookie === undefined ? undefined : fastifyCookie.parse(cookie)[sessionCookieName]
}

function tooManyWrongKeys(retryAfterMs: number): ApiError {
  return new ApiError('ERR_RATE_LIMITED', 'too many wrong client keys from this address', { retryAfterMs })
}

/**
 * Rejects a cross-site request. A browser sends the cookie with requests of any site, so a change also requires a custom header, which
 * only the status page can add, and a same-origin fetch.
 *
 * @throws ApiError 403
 */
function assertSameSite(request: FastifyRequest): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  if (request.headers['x-lingpai-csrf'] === '1' && isSameOrigin(request)) return
  throw new ApiError('ERR_FORBIDDEN', 'the request must come from the status page')
}

/** Whether the request comes from the status page, as far as the browser's headers say. */
export function isSameOrigin({ headers, host }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const { origin } = headers
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
}
