import { fastifyCookie } from '@fastify/cookie'
import type { Clock } from '@lingpai/core'
import type { FastifyRequest } from 'fastify'
import type { AccessLog } from './access-log.js'
import { ApiError } from './api-error.js'
import { callerOf, type Caller } from './caller.js'
import type { ClientKey } from './keys/client-key.js'
import type { ClientKeys } from './keys/client-keys.js'
import { sessionCookieName, type Sessions } from './keys/session-cookie.js'
import { rateLimiter } from './rate-limiter.js'

/** Finds out who sent a request; see {@link ServerContext.authenticate}. */
export interface Authenticator {
  authenticate(request: FastifyRequest): Caller
  authenticateKey(text: string, request: FastifyRequest): Caller
}

/** Wrong keys from one address, a second, sustained: enough for a mistake, too few for a search. */
const wrongPerSecond = 1
const wrongBurstSeconds = 20
const burstSeconds = 2

/** What callers are checked against. */
export interface AuthenticatorParts {
  readonly keys: ClientKeys
  readonly sessions: Sessions
  readonly access: AccessLog
  readonly clock: Clock
  /** Requests a second of a key that says nothing else. */
  readonly rateLimit: number
}

/** Checks keys and cookies, and counts. */
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
  const counted = (caller: Caller, request: FastifyRequest): Caller => {
    const { id, rateLimit = perSecond } = caller.key
    const waitMs = limiter.take(id, rateLimit)
    if (waitMs > 0) {
      access.rejected('rate-limited', request)
      throw new ApiError('ERR_RATE_LIMITED', 'this key asks too often', { retryAfterMs: waitMs })
    }
    access.accepted(caller)
    return caller
  }
  const refused = (request: FastifyRequest, text: string, outcome: 'unknown-key' | 'session-over'): ApiError => {
    const waitMs = wrong.take(request.ip, wrongPerSecond)
    access.rejected(waitMs > 0 ? 'blocked' : outcome, request)
    if (waitMs > 0) return tooManyWrong(waitMs)
    return new ApiError('ERR_UNAUTHENTICATED', text)
  }
  const assertNotSearching = (request: FastifyRequest): void => {
    const waitMs = wrong.look(request.ip, wrongPerSecond)
    if (waitMs === 0) return
    access.rejected('blocked', request)
    throw tooManyWrong(waitMs)
  }
  const authenticateKey = (text: string, request: FastifyRequest): Caller => {
    // A right key passes whatever else comes from its address: behind a proxy all come from one.
    const key = keys.verify(text)
    if (key !== undefined) return counted(known(key), request)
    assertNotSearching(request)
    throw refused(request, 'the client key is not known', 'unknown-key')
  }
  return {
    authenticateKey,
    authenticate: (request) => {
      const { authorization } = request.headers
      if (authorization !== undefined) {
        // Schemes know no case.
        const text = /^bearer /i.test(authorization) ? authorization.slice('bearer '.length) : ''
        return authenticateKey(text, request)
      }
      const cookie = sessionCookieOf(request)
      const session = cookie === undefined ? undefined : sessions.open(cookie, keys, clock.now())
      if (session === undefined) {
        if (cookie !== undefined) throw refused(request, 'the session is over', 'session-over')
        access.rejected('no-key', request)
        throw new ApiError('ERR_UNAUTHENTICATED', 'a client key is needed: Authorization: Bearer <key>')
      }
      assertSameSite(request)
      return counted(callerOf(session.key, session), request)
    },
  }
}

/** The page's cookie, if the request has one. */
function sessionCookieOf({ headers: { cookie } }: FastifyRequest): string | undefined {
  return cookie === undefined ? undefined : fastifyCookie.parse(cookie)[sessionCookieName]
}

function tooManyWrong(retryAfterMs: number): ApiError {
  return new ApiError('ERR_RATE_LIMITED', 'too many wrong keys from this address', { retryAfterMs })
}

/**
 * A cookie goes along with whatever another site makes a browser send, so a change needs what only our own page can add: a header
 * of its own, and the browser's word that it is the same origin.
 *
 * @throws ApiError 403
 */
function assertSameSite(request: FastifyRequest): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  if (request.headers['x-lingpai-csrf'] === '1' && isSameOrigin(request)) return
  throw new ApiError('ERR_FORBIDDEN', 'this request does not come from the status page')
}

/** Whether the browser, where one sent it, says that our own page did. */
export function isSameOrigin({ headers, host }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const { origin } = headers
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
}
