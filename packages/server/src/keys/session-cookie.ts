import { createHmac, timingSafeEqual } from 'node:crypto'
import type { ClientKey } from './client-key.js'
import type { ClientKeys } from './client-keys.js'

/** Name of the status page's cookie. */
export const sessionCookieName = 'lingpai_session'

/** How long the page stays signed in, milliseconds. */
export const sessionLifeMs = 12 * 3_600_000

const pattern = /^([0-9a-z]{10})\.(\d{1,15})\.([\w-]{43})$/

/**
 * A cookie that says which key signed in and until when, and holds nothing of the key. It is signed with what the servers store
 * of the key: any replica can check it, and a key that is revoked ends its sessions.
 */
export function sealSession(key: ClientKey, untilMs: number): string {
  return `${key.id}.${untilMs}.${sealOf(key, untilMs).toString('base64url')}`
}

/** The key that a cookie speaks for; `undefined` for one that is forged, over, or of a key that is gone. */
export function openSession(cookie: string, keys: Pick<ClientKeys, 'find'>, nowMs: number): ClientKey | undefined {
  const [, id = '', until = '', seal = ''] = pattern.exec(cookie) ?? []
  const key = keys.find(id)
  if (key === undefined || Number(until) <= nowMs) return undefined
  return timingSafeEqual(sealOf(key, Number(until)), Buffer.from(seal, 'base64url')) ? key : undefined
}

function sealOf({ id, hash }: ClientKey, untilMs: number): Buffer {
  return createHmac('sha256', Buffer.from(hash, 'hex')).update(`lingpai:session:1:${id}:${untilMs}`).digest()
}
