import { createHash } from 'node:crypto'
import { parseObject } from '@lingpai/core/internal'

/** Everything that is stored under one key at one time. A file contains exactly one state and never changes. */
export interface State {
  /** Identifies the transition that last wrote or removed the value, so that it recognizes its own write. */
  readonly writeId: string
  /** Absent if nothing is stored. */
  readonly value?: string
  /** Unix time in milliseconds from which the value is a miss. Absent: never. */
  readonly expiresAtMs?: number
  readonly lease?: HeldLease
}

/** A lease, as stored in a state. */
export interface HeldLease {
  readonly holder: string
  /** Unix time in milliseconds. */
  readonly untilMs: number
  /** The requested duration. Distinguishes a long lease from one that was written before the clock was set back. */
  readonly ttlMs: number
}

/** The state of a key that was never written, or whose file is damaged. */
export const emptyState: State = { writeId: '' }

/** Larger files are not read. */
export const maxStateBytes = 256 * 1024

/** Maximum length of a value as JSON: 64 Ki characters of any script fit, and leave room for key and lease. */
export const maxValueBytes = 200 * 1024

const format = 1
/** Longer keys, which the contract does not allow, are represented by their hash, which keeps the file small. */
const maxPlainKey = 1024
const closing = ',"checksum":"'
const tailLength = closing.length + 64 + '"}\n'.length

/** Returns the name of the key's directory: a hash, so that no id can escape from the directory. */
export function nameOfKey(key: string): string {
  return sha256(key)
}

/** Whether a name was made by {@link nameOfKey}. */
export function isEntryName(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name)
}

/** Serializes a state as one line of JSON that ends with a checksum of everything before it. */
export function encodeState(key: string, state: State): string {
  const body = JSON.stringify({ format, key: writtenKey(key), ...state }).slice(0, -1)
  return `${body}${closing}${sha256(body)}"}\n`
}

/** A state with its key; without it if the key was too long to be written. */
export interface WrittenState {
  readonly key?: string
  readonly state: State
}

/**
 * Parses the state in a file of the key named `name`. Returns `undefined` for anything but exactly what {@link encodeState} wrote for
 * that key.
 */
export function decodeState(name: string, text: string): WrittenState | undefined {
  const body = text.slice(0, -tailLength)
  if (text !== `${body}${closing}${sha256(body)}"}\n`) return undefined
  const parsed = parseObject(`${body}}`)
  if (parsed?.['format'] !== format || typeof parsed['key'] !== 'string') return undefined
  const { key, writeId, value, expiresAtMs, lease } = parsed
  const isPlain = nameOfKey(key) === name
  if (!isPlain && key !== `sha256:${name}`) return undefined
  if (typeof writeId !== 'string') return undefined
  if (value !== undefined && typeof value !== 'string') return undefined
  if (expiresAtMs !== undefined && typeof expiresAtMs !== 'number') return undefined
  if (lease !== undefined && !isLease(lease)) return undefined
  const state = {
    writeId,
    ...(value === undefined ? {} : { value }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    ...(lease === undefined ? {} : { lease }),
  }
  return isPlain ? { key, state } : { state }
}

function isLease(lease: unknown): lease is HeldLease {
  if (typeof lease !== 'object' || lease === null) return false
  const { holder, untilMs, ttlMs } = lease as Record<string, unknown>
  return typeof holder === 'string' && typeof untilMs === 'number' && typeof ttlMs === 'number'
}

function writtenKey(key: string): string {
  return key.length > maxPlainKey ? `sha256:${sha256(key)}` : key
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
