import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'

/** DER prefix of a 32-byte Ed25519 private key (RFC 8410). */
const privateKeyPrefix = Buffer.from('302e020100300506032b657004220420', 'hex')

const seedBytes = 32
const signaturePattern = /^[0-9a-f]{128}$/i

/** Signs and verifies as the platform does: both sides derive the same key from the secret. */
export interface SigningKey {
  /** Returns the signature of a text, in hex. */
  sign(text: string): string
  /** Whether the signature is valid; it must have exactly 128 hex digits. */
  verifies(message: Uint8Array, signature: string): boolean
}

/**
 * Derives the Ed25519 key of a bot: its seed is the secret, repeated to 32 bytes.
 *
 * @see https://bot.q.qq.com/wiki/develop/api-v2/dev-prepare/interface-framework/sign.html (read 2026-11-20)
 */
export function signingKey(clientSecret: string): SigningKey {
  const seed = Buffer.from(clientSecret.repeat(Math.ceil(seedBytes / clientSecret.length))).subarray(0, seedBytes)
  const privateKey = createPrivateKey({ key: Buffer.concat([privateKeyPrefix, seed]), format: 'der', type: 'pkcs8' })
  const publicKey: KeyObject = createPublicKey(privateKey)
  return {
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('hex'),
    // Buffer.from parses hex up to the first invalid character, which would allow many spellings of one signature.
    verifies: (message, signature) =>
      signaturePattern.test(signature) && verify(null, message, publicKey, Buffer.from(signature, 'hex')),
  }
}
