import { createHash } from 'node:crypto'
import { ConfigError } from '@lingpai/core'

/** What an entry holds. */
export interface EntryContent {
  readonly value: string
  /** Unix milliseconds from which the entry is a miss. Absent: kept for good. */
  readonly expiresAtMs?: number | undefined
}

const format = 1
const closing = ',"checksum":"'
const tailLength = closing.length + 64 + '"}'.length
const prefix = 'lingpai-'
/** Longer keys, which the contract does not know, are named by their hash. */
const maxPlainKey = 1024

/**
 * The store's key of a cache key: 72 characters that no store takes for a namespace, a wildcard or a path, that no store cuts,
 * and that differ in more than case.
 */
export function entryKey(key: string): string {
  return prefix + sha256(key)
}

/**
 * The text that {@link decodeEntry} reads: one JSON object that ends in a checksum of all before it. For whoever writes entries
 * of a `keyvCache` without it, such as the `commit` of a lease.
 *
 * @throws ConfigError when `value` is no text, or `expiresAtMs` no moment; `Infinity` is as good as absent.
 */
export function encodeEntry(key: string, { value, expiresAtMs = Infinity }: EntryContent): string {
  if (typeof value !== 'string') throw malformed('value', 'is no text')
  if (!(Number.isFinite(expiresAtMs) || expiresAtMs === Infinity)) throw malformed('expiresAtMs', 'is no moment')
  const expiry = expiresAtMs === Infinity ? {} : { expiresAtMs }
  const body = JSON.stringify({ format, key: writtenKey(key), ...expiry, value }).slice(0, -1)
  return `${body}${closing}${sha256(body)}"}`
}

/** The content of an entry of `key`; `undefined` for whatever is not exactly what {@link encodeEntry} wrote for this key. */
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

/** The parser's own error quotes what it could not read, so it goes no further. */
function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function malformed(field: string, problem: string): ConfigError {
  return new ConfigError(`keyvCache: ${field} ${problem}`, { field, problem: 'malformed' })
}

function writtenKey(key: string): string {
  return key.length > maxPlainKey ? `sha256:${sha256(key)}` : key
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
