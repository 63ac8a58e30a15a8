import { createHash } from 'node:crypto'

/** All that stands under one key at one time; a file holds exactly one of these and never changes. */
export interface State {
  /** Names the transition that last wrote or removed the value, so that it knows its own work again. */
  readonly writeId: string
  /** Absent: nothing is stored. */
  readonly value?: string
  /** Unix milliseconds from which the value is a miss. Absent: never. */
  readonly expiresAtMs?: number
  readonly lease?: HeldLease
}

/** A lease as it stands in a state. */
export interface HeldLease {
  readonly holder: string
  /** Unix milliseconds. */
  readonly untilMs: number
  /** What was asked for; tells a long lease from one that was written before the clock was set back. */
  readonly ttlMs: number
}

/** What stands under a key that was never written, or whose file is damaged. */
export const emptyState: State = { writeId: '' }

/** Files above this are not read. */
export const maxStateBytes = 256 * 1024

/** Longer values, measured as JSON, are refused: 64 Ki characters of any script fit, and key and lease still find room. */
export const maxValueBytes = 200 * 1024

const format = 1
/** Longer keys, which the contract does not know, are named by their hash: the file stays small. */
const maxPlainKey = 1024
const closing = ',"checksum":"'
const tailLength = closing.length + 64 + '"}\n'.length

/** The name of the key's directory: no id can escape from a hash. */
export function nameOfKey(key: string): string {
  return sha256(key)
}

/** The text of a state file: one line of JSON that ends in a checksum of all before it. */
export function encodeState(key: string, state: State): string {
  const body = JSON.stringify({ format, key: writtenKey(key), ...state }).slice(0, -1)
  return `${body}${closing}${sha256(body)}"}\n`
}

/** The state in a file of `key`; `undefined` for whatever is not exactly what {@link encodeState} wrote for this key. */
export function decodeState(key: string, text: string): State | undefined {
  const body = text.slice(0, -tailLength)
  if (text !== `${body}${closing}${sha256(body)}"}\n`) return undefined
  const parsed = parseObject(`${body}}`)
  if (parsed?.['format'] !== format || parsed['key'] !== writtenKey(key)) return undefined
  const { writeId, value, expiresAtMs, lease } = parsed
  if (typeof writeId !== 'string') return undefined
  if (value !== undefined && typeof value !== 'string') return undefined
  if (expiresAtMs !== undefined && typeof expiresAtMs !== 'number') return undefined
  if (lease !== undefined && !isLease(lease)) return undefined
  return {
    writeId,
    ...(value === undefined ? {} : { value }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    ...(lease === undefined ? {} : { lease }),
  }
}

function isLease(lease: unknown): lease is HeldLease {
  if (typeof lease !== 'object' || lease === null) return false
  const { holder, untilMs, ttlMs } = lease as Record<string, unknown>
  return typeof holder === 'string' && typeof untilMs === 'number' && typeof ttlMs === 'number'
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function writtenKey(key: string): string {
  return key.length > maxPlainKey ? `sha256:${sha256(key)}` : key
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
