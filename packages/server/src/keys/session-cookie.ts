import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { ConfigError } from '@lingpai/core'
import type { ClientKey } from './client-key.js'
import type { ClientKeys } from './client-keys.js'

/** Name of the status page's cookie. */
export const sessionCookieName = 'lingpai_session'

/** How long the page stays signed in, milliseconds. */
export const sessionLifeMs = 12 * 3_600_000

/** Shorter keys can be guessed. */
const leastKeyBytes = 32

/** One for all servers of a process, so that one that is started again there knows its visitors. */
const processKey = randomBytes(leastKeyBytes)

/** A visit to the status page. */
export interface Session {
  /** The client key that signed in. */
  readonly key: ClientKey
  /** The same for all requests of one sign-in. */
  readonly id: string
  /** Unix milliseconds. */
  readonly untilMs: number
}

/** Makes and checks the cookies of the status page. */
export interface Sessions {
  /** A cookie for a key whose secret was just shown: which key, until when, and nothing of the secret. */
  seal(key: ClientKey, nowMs: number): string
  /** The session of a cookie; `undefined` for one that is forged or over, or whose key is gone or another one. */
  open(cookie: string, keys: Pick<ClientKeys, 'find'>, nowMs: number): Session | undefined
}

const pattern = /^([0-9a-z]{10})\.(\d{1,15})\.([\w-]{43})$/

/**
 * Cookies signed with a key that stands in no file of client keys: a copy of that file signs nothing.
 *
 * @param signingKey the same for all servers behind one balancer; by default a random one, which ends with the process
 * @throws ConfigError for a signing key that is too short
 */
export function sessionCookies(signingKey: string | Uint8Array = processKey): Sessions {
  if (Buffer.byteLength(signingKey) < leastKeyBytes) {
    throw new ConfigError(
      `tokenServer: "sessionKey" must have at least ${leastKeyBytes} bytes`,
      { field: 'sessionKey', problem: 'malformed' },
      { hint: 'Make one with: openssl rand -base64 48' },
    )
  }
  // The hash belongs to it: a key of the same id with another secret has sessions of its own.
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
      // One from the future was sealed on a clock that was wrong, or with a key that leaked.
      if (key === undefined || untilMs <= nowMs || untilMs > nowMs + sessionLifeMs) return undefined
      return timingSafeEqual(sealOf(key, untilMs), Buffer.from(seal, 'base64url'))
        ? { key, id: seal, untilMs }
        : undefined
    },
  }
}
