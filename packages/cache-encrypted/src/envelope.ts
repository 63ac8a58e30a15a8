import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto'
import type { KeyRing } from './key-ring.js'

const prefix = 'lingpai-encrypted:1:'
const shape = /^lingpai-encrypted:1:([A-Za-z0-9_-]{1,32}):([A-Za-z0-9_-]+)$/
const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** Whether a text has the form of an envelope. */
export function isEnvelope(text: string): boolean {
  return text.startsWith(prefix)
}

/** Encrypts a text as `lingpai-encrypted:1:<key id>:<nonce, tag and ciphertext as base64url>`, bound to the entry `cacheKey`. */
export function seal({ current: { id, key } }: KeyRing, cacheKey: string, text: string): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(boundTo(id, cacheKey))
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return `${prefix}${id}:${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')}`
}

/** Decrypts an envelope. Returns `undefined` for an unknown key, an envelope of another entry, or a damaged one. */
export function open(ring: KeyRing, cacheKey: string, envelope: string): string | undefined {
  const [, id = '', data = ''] = shape.exec(envelope) ?? []
  const key = ring.find(id)
  return key && decrypt(key, boundTo(id, cacheKey), Buffer.from(data, 'base64url'))
}

function decrypt(key: KeyObject, bound: Buffer, bytes: Buffer): string | undefined {
  if (bytes.length < nonceBytes + tagBytes) return undefined
  try {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
    decipher.setAAD(bound)
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}

/** Additional data that binds an envelope to its entry and its key id. */
function boundTo(id: string, cacheKey: string): Buffer {
  return Buffer.from(`${prefix}${id}:${cacheKey}`)
}
