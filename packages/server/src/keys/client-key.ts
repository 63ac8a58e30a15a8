import { createHash, randomBytes } from 'node:crypto'

/** What a client key may do; each role may do what the ones before it may. */
export const clientRoles = ['reader', 'reporter', 'admin'] as const

/** `reader`: tokens, status and events; `reporter`: rejections as well; `admin`: forced refreshes as well. */
export type ClientRole = (typeof clientRoles)[number]

/** A client key as stored: everything but the key itself. */
export interface ClientKey {
  /** Ten letters and digits; public. */
  readonly id: string
  /** What people call it; stands in logs and in the timeline. */
  readonly name: string
  readonly role: ClientRole
  /** Names of the accounts it may ask for; `'*'` for all. */
  readonly accounts: '*' | readonly string[]
  /** SHA-256 of the secret part, hexadecimal. The secret is 256 random bits, so nothing slower is needed. */
  readonly hash: string
  /** Unix milliseconds. */
  readonly createdAt: number
  /** Unix milliseconds; absent: the key is good. */
  readonly revokedAt?: number
  /** Requests a second, sustained; bursts of twice that are let through. Absent: the server's own limit. */
  readonly rateLimit?: number
}

/** What somebody decides of a new key. */
export type ClientKeyWishes = Pick<ClientKey, 'name' | 'role' | 'accounts' | 'rateLimit'>

/** The text of a key in its two parts. */
export interface ClientKeyParts {
  readonly id: string
  readonly secret: string
}

const pattern = /^lpk_([0-9a-z]{10})_([\w-]{43})$/

/** Makes a key. @returns its text, to be shown once, and what is stored of it */
export function createClientKey(
  { name, role, accounts, rateLimit }: ClientKeyWishes,
  nowMs: number,
): { readonly text: string; readonly key: ClientKey } {
  const id = [...randomBytes(10)].map((byte) => (byte % 36).toString(36)).join('')
  const secret = randomBytes(32).toString('base64url')
  const limit = rateLimit !== undefined && { rateLimit }
  const key = { id, name, role, accounts, hash: hashOfSecret(secret).toString('hex'), createdAt: nowMs, ...limit }
  return { text: `lpk_${id}_${secret}`, key }
}

/** The parts of a key's text; `undefined` for what is none. */
export function parseClientKey(text: string): ClientKeyParts | undefined {
  const [, id, secret] = pattern.exec(text) ?? []
  return id === undefined || secret === undefined ? undefined : { id, secret }
}

/** What is kept of a secret. */
export function hashOfSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
