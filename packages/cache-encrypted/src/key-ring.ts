import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { ConfigError } from '@lingpai/core'

/** An AES-256 key: `id:base64` as {@link generateKey} creates it, or its two parts; `key` is 32 bytes as base64. */
export type EncryptionKey = string | { readonly id: string; readonly key: string }

/** A list of keys. The first encrypts, all decrypt. */
export interface KeyRing {
  readonly current: { readonly id: string; readonly key: KeyObject }
  /** Returns the key with an id; `undefined` if there is none. */
  readonly find: (id: string) => KeyObject | undefined
}

const keyBytes = 32
const idShape = /^[A-Za-z0-9_-]{1,32}$/
const base64Shape = /^[A-Za-z0-9+/_-]{43}=?$/

/**
 * Generates a key as `id:base64`, with a new id. Store it like a password.
 *
 * @example
 * ```ts
 * import { generateKey } from '@lingpai/cache-encrypted'
 *
 * console.log(generateKey()) // store it beside the platform's secret, such as in LINGPAI_CACHE_KEYS
 * ```
 */
export function generateKey(): string {
  return `k${randomBytes(4).toString('hex')}:${randomBytes(keyBytes).toString('base64')}`
}

/**
 * Parses keys. One text may contain several, separated by commas or spaces.
 *
 * @throws ConfigError naming the index of the key, never the key
 */
export function keyRing(keys: EncryptionKey | readonly EncryptionKey[]): KeyRing {
  const given = Array.isArray(keys) ? (keys as readonly EncryptionKey[]) : [keys as EncryptionKey]
  const list = given.flatMap((key): readonly EncryptionKey[] =>
    typeof key === 'string' ? key.split(/[\s,]+/).filter((part) => part !== '') : [key],
  )
  const ring = new Map<string, KeyObject>()
  for (const [index, key] of list.entries()) {
    const { id, bytes } = readKey(key, index)
    if (ring.has(id)) throw bad(index, 'must not repeat the id of an earlier key', 'conflict')
    ring.set(id, createSecretKey(bytes))
    bytes.fill(0)
  }
  const [first] = ring
  if (first === undefined) {
    throw new ConfigError('encryptedCache: "keys" must not be empty: create a key with generateKey()', {
      field: 'keys',
      problem: 'empty',
    })
  }
  return { current: { id: first[0], key: first[1] }, find: (id) => ring.get(id) }
}

function readKey(given: unknown, index: number): { readonly id: string; readonly bytes: Buffer } {
  const { id, key } = partsOf(given)
  if (typeof id !== 'string' || !idShape.test(id))
    throw bad(index, 'must begin with an id of up to 32 letters, digits, - and _, and a colon')
  if (typeof key !== 'string' || !base64Shape.test(key)) throw bad(index, 'must have 32 bytes as base64')
  const bytes = Buffer.from(key, 'base64')
  if (bytes.length !== keyBytes) throw bad(index, 'must have 32 bytes as base64')
  return { id, bytes }
}

function partsOf(given: unknown): { readonly id?: unknown; readonly key?: unknown } {
  if (typeof given === 'object' && given !== null) return given
  if (typeof given !== 'string') return {}
  const at = given.indexOf(':')
  return at < 0 ? {} : { id: given.slice(0, at), key: given.slice(at + 1) }
}

function bad(index: number, words: string, problem: 'malformed' | 'conflict' = 'malformed'): ConfigError {
  return new ConfigError(`encryptedCache: "keys[${index}]" ${words}`, { field: `keys[${index}]`, problem })
}
