import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { ConfigError } from '@lingpai/core'
import type { ClientKey } from '../keys/client-key.js'
import type { ClientKeys } from '../keys/client-keys.js'

/** Name of the status page's cookie. */
export const sessionCookieName = 'lingpai_session'

/** How long a session lasts, milliseconds. */
export const sessionLifeMs = 12 * 3_600_000

/** Shortest signing key; shorter ones can be guessed. */
const leastKeyBytes = 32

/** One key for all servers of a process, so that sessions survive a restart of the server within it. */
const processKey = randomBytes(leastKeyBytes)

/** A session on the status page. */
export interface Session {
  /** The client key that signed in. */
  readonly key: ClientKey
  /** The same for all requests after one sign-in. */
  readonly id: string
  /** Unix milliseconds. */
  readonly untilMs: number
}

/** Creates and verifies the cookies of the status page. */
export interface Sessions {
  /** Returns a cookie for an authenticated key. Contains the key's id and an expiry, and nothing of the secret. */
  seal(key: ClientKey, nowMs: number): string
  /** Returns the session of a cookie; `undefined` if it is forged or expired, or its key was removed or replaced. */
  open(cookie: string, keys: Pick<ClientKeys, 'find'>, nowMs: number): Session | undefined
}

const pattern = /^([0-9a-z]{10})\.(\d{1,15})\.([\w-]{43})$/

/**
 * Creates cookies that are signed with a key outside the keys file, so that a copy of that file cannot sign any.
 *
 * @param signingKey the same for all servers behind one load balancer; random by default, and lost when the process exits
 * @throws ConfigError for a signing key that is too short
 */
export function sessionCookies(signingKey: string | Uint8Array = processKey): Sessions {
  if (Buffer.byteLength(signingKey) < leastKeyBytes) {
    throw new ConfigError(
      `tokenServer: "sessionKey" must have at least ${leastKeyBytes} bytes`,
      { field: 'sessionKey', problem: 'malformed' },
      { hint: 'Create one with: openssl rand -base64 48' },
    )
  }
  // The seal includes the hash: a key with the same id and another secret must not share sessions.
  const sealOf = ({ id, hash }: ClientKey, untilMs: number): Buffer =>
    createHmac('sha256', signingKey).update(`lingpai:session:2:${id}:${hash}:${untilMs}`).digest()
  return {
    seal: (key, nowMs) => {
      const untilMs = Math.floor(nowMs) + sessionLifeMs
      return `${key.id}.${untilMs}.${sealOf(key, untilMs).toString('base64url')}`
    },
    open: (cookie, keys, nowMs) => {
      const [, id = '', until = '', seal = ''] = pattern.exec(cookie) ?? []
      const key = keys.find(id)
      const untilMs = Number(until)
      // An expiry too far ahead comes from a wrong clock or a leaked signing key.
      if (key === undefined || untilMs <= nowMs || untilMs > nowMs + sessionLifeMs) return undefined
      return timingSafeEqual(sealOf(key, untilMs), Buffer.from(seal, 'base64url'))
        ? { key, id: seal, untilMs }
        : undefined
    },
  }
}
