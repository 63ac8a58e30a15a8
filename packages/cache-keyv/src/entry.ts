import { createHash } from 'node:crypto'
import { configErrors, parseObject } from '@lingpai/core/internal'

const malformed = configErrors('keyvCache')

/** The content of an entry. */
export interface EntryContent {
  readonly value: string
  /** Unix time in milliseconds from which the entry is a miss. Absent: never. */
  readonly expiresAtMs?: number | undefined
}

const format = 1
const closing = ',"checksum":"'
const tailLength = closing.length + 64 + '"}'.length
const prefix = 'lingpai-'
/** Longer keys, which the contract does not allow, are represented by their hash. */
const maxPlainKey = 1024

/**
 * Returns the store's key of a cache key: 72 characters that no store interprets as a namespace, a wildcard or a path, that no store
 * truncates, and that differ in more than case.
 */
export function entryKey(key: string): string {
  return prefix + sha256(key)
}

/**
 * Serializes an entry as one JSON object that ends with a checksum of everything before it; {@link decodeEntry} parses it. For code
 * that writes entries of a `keyvCache` directly, such as the `commit` of a lease.
 *
 * @throws ConfigError if `value` is not a string or `expiresAtMs` is not a number; `Infinity` means that the entry never expires
 */
export function encodeEntry(key: string, { value, expiresAtMs = Infinity }: EntryContent): string {
  if (typeof value !== 'string') throw malformed('value', 'must be a string')
  if (!(Number.isFinite(expiresAtMs) || expiresAtMs === Infinity)) throw malformed('expiresAtMs', 'must be a number')
  const expiry = expiresAtMs === Infinity ? {} : { expiresAtMs }
  const body = JSON.stringify({ format, key: writtenKey(key), ...expiry, value }).slice(0, -1)
  return `${body}${closing}${sha256(body)}"}`
}

/** Parses an entry. Returns `undefined` for anything but exactly what {@link encodeEntry} wrote for this key. */
export function decodeEntry(key: string, text: string): EntryContent | undefined {
  const body = text.slice(0, -tailLength)
  if (text !== `${body}${closing}${sha256(body)}"}`) return undefined
  const fields = parseObject(`${body}}`)
  if (fields?.['format'] !== format || fields['key'] !== writtenKey(key)) return undefined
  const { value, expiresAtMs } = fields
  if (typeof value !== 'string') return undefined
  if (expiresAtMs === undefined) return { value }
  return typeof expiresAtMs === 'number' ? { value, expiresAtMs } : undefined
}

function writtenKey(key: string): string {
  return key.length > maxPlainKey ? `sha256:${sha256(key)}` : key
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
