import { createHash, randomBytes } from 'node:crypto'

/** Roles of client keys; each role includes the rights of the roles before it. */
export const clientRoles = ['reader', 'reporter', 'admin'] as const

/** `reader`: tokens, status and events; `reporter`: also reports of rejected tokens; `admin`: also forced refreshes. */
export type ClientRole = (typeof clientRoles)[number]

/** A client key as stored, without its secret. */
export interface ClientKey {
  /** Ten letters and digits; public. */
  readonly id: string
  /** Name for people, shown in logs and in the timeline. */
  readonly name: string
  readonly role: ClientRole
  /** Names of the accounts that the key gives access to; `'*'` for all. */
  readonly accounts: '*' | readonly string[]
  /** SHA-256 of the secret part, hexadecimal. The secret has 256 random bits, so a slow hash is not needed. */
  readonly hash: string
  /** Unix milliseconds. */
  readonly createdAt: number
  /** When the key was revoked, Unix milliseconds; absent for a valid key. */
  readonly revokedAt?: number
  /** Requests per second, sustained; bursts of twice that number are allowed. @default the server's limit */
  readonly rateLimit?: number
  /**
   * Paths of the platforms' APIs that the key may call through the forwarder, each with all paths below it: `/cgi-bin/message`. Such a key
   * never receives a real token, which would work for any path.
   *
   * @default all paths
   */
  readonly paths?: readonly string[]
}

/** What the operator chooses for a new key. */
export type ClientKeyWishes = Pick<ClientKey, 'name' | 'role' | 'accounts' | 'rateLimit' | 'paths'>

/** The two parts of a key's text. */
export interface ClientKeyParts {
  readonly id: string
  readonly secret: string
}

const pattern = /^lpk_([0-9a-z]{10})_([\w-]{43})$/

/**
 * Creates a client key.
 *
 * @returns the text of the key, to be shown once, and the key to store
 *
 * @example
 * ```ts
 * import { clientKeys, createClientKey } from '@lingpai/server'
 *
 * const { text, key } = createClientKey({ name: 'shop', role: 'reporter', accounts: ['shop'] }, Date.now())
 * const keys = clientKeys([key])
 * keys.verify(text)?.name // 'shop'
 * ```
 */
export function createClientKey(
  { name, role, accounts, rateLimit, paths }: ClientKeyWishes,
  nowMs: number,
): { readonly text: string; readonly key: ClientKey } {
  const id = [...randomBytes(10)].map((byte) => (byte % 36).toString(36)).join('')
  const secret = randomBytes(32).toString('base64url')
  const limits = { ...(rateLimit !== undefined && { rateLimit }), ...(paths && { paths }) }
  const key = { id, name, role, accounts, hash: hashOfSecret(secret).toString('hex'), createdAt: nowMs, ...limits }
  return { text: `lpk_${id}_${secret}`, key }
}

/** Parses the text of a key; `undefined` if it is malformed. */
export function parseClientKey(text: string): ClientKeyParts | undefined {
  const [, id, secret] = pattern.exec(text) ?? []
  return id === undefined || secret === undefined ? undefined : { id, secret }
}

/** Returns the stored hash of a secret. */
export function hashOfSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
