import type { PlatformCode } from './error-class.js'

/** Why a token was requested. */
export type RefreshReason = 'cold' | 'ahead' | 'rejected' | 'requested'

const reasons: readonly RefreshReason[] = ['cold', 'ahead', 'rejected', 'requested']

/** A token as `getRecord` returns it. Printing it shows every field but the value. */
export interface TokenRecord {
  /** The token. `inspect`, `JSON.stringify` and the like do not show it. */
  readonly value: string
  /** Number of the token: it grows by one with each new token of the account. */
  readonly generation: number
  /** Unix milliseconds at which the request for the token was sent. */
  readonly issuedAtMs: number
  /** Unix milliseconds at which the token expires. */
  readonly expiresAtMs: number
}

/** A token as the cache stores it. */
export interface StoredRecord extends TokenRecord {
  /** Id of the process that wrote it. */
  readonly writer: string
  readonly reason: RefreshReason
  /** When upstream last gave this token again instead of a new one, in Unix milliseconds. */
  readonly repeatedAtMs?: number
  /** When the entry was written, in Unix milliseconds; only set if that was long after the token request. */
  readonly writtenAtMs?: number
  /** Set if an API rejected this token and it could not be replaced. */
  readonly rejectedCode?: PlatformCode
  /** Set if upstream did not report the token's lifetime. */
  readonly isLifetimeAssumed?: true
  /** Number of young tokens in a row that were rejected, which is how a rival is recognised. */
  readonly duels?: number
  /** Fields that a later version of this library wrote. Hidden like the value, and written back unchanged. */
  readonly carried?: CarriedFields
}

/** An entry written within this time of its token request does not record when it was written. */
export const promptMs = 30_000

/** Fields of an entry that this version does not know, and its `format` if that is a later one. */
export type CarriedFields = Readonly<Record<string, unknown>>

const inspect = Symbol.for('nodejs.util.inspect.custom')

/** The fields of a record that are printed. */
type ShownFields = Omit<StoredRecord, 'value' | 'carried'>

const nothingCarried: CarriedFields = Object.freeze({})

class HiddenValueRecord implements StoredRecord {
  readonly #value: string
  readonly #carried: CarriedFields
  readonly generation: number
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  readonly writer: string
  readonly reason: RefreshReason
  declare readonly repeatedAtMs?: number
  declare readonly writtenAtMs?: number
  declare readonly rejectedCode?: PlatformCode
  declare readonly isLifetimeAssumed?: true
  declare readonly duels?: number

  constructor({ value, carried = nothingCarried, ...rest }: StoredRecord) {
    this.#value = value
    this.#carried = carried
    this.generation = rest.generation
    this.issuedAtMs = rest.issuedAtMs
    this.expiresAtMs = rest.expiresAtMs
    this.writer = rest.writer
    this.reason = rest.reason
    if (rest.repeatedAtMs !== undefined) this.repeatedAtMs = rest.repeatedAtMs
    if (rest.writtenAtMs !== undefined) this.writtenAtMs = rest.writtenAtMs
    if (rest.rejectedCode !== undefined) this.rejectedCode = rest.rejectedCode
    if (rest.isLifetimeAssumed !== undefined) this.isLifetimeAssumed = rest.isLifetimeAssumed
    if (rest.duels !== undefined) this.duels = rest.duels
  }

  get value(): string {
    return this.#value
  }

  get carried(): CarriedFields {
    return this.#carried
  }

  toJSON(): ShownFields {
    return { ...this }
  }

  [inspect](): ShownFields {
    return { ...this }
  }
}

/** Creates a record whose value is not printed. */
export function storedRecord(fields: StoredRecord): StoredRecord {
  return Object.freeze(new HiddenValueRecord(fields))
}

/** Copies a record with some fields changed. Hidden fields are copied by name, because a spread skips them. */
export function changedRecord(record: StoredRecord, changes: Partial<StoredRecord>): StoredRecord {
  return storedRecord({ ...record, ...hiddenOf(record), ...changes })
}

/** Copies a record without the mark of a rejected token. */
export function clearedRecord(record: StoredRecord): StoredRecord {
  const { rejectedCode: _, ...rest } = record
  return storedRecord({ ...rest, ...hiddenOf(record) })
}

function hiddenOf({ value, carried }: StoredRecord): Pick<StoredRecord, 'value' | 'carried'> {
  return { value, ...(carried !== undefined && { carried }) }
}

/**
 * The version of the format. A new version only adds fields, so that versions read each other during a rolling upgrade.
 * A version writes back the fields that it does not know, even beside the next token. So a new field about a single
 * token must say which token it means.
 */
const format = 1

/**
 * Encodes a record as text. TNW can read it: `access_token`, `expires_in` (seconds at issue) and `expired_time` (Unix
 * milliseconds) are its names.
 *
 * @param fingerprint of the secret that the token was requested with; see `fingerprintOf`
 */
export function encodeRecord(record: StoredRecord, fingerprint: string): string {
  return JSON.stringify({
    format,
    ...record.carried,
    access_token: record.value,
    expires_in: Math.floor((record.expiresAtMs - record.issuedAtMs) / 1000),
    expired_time: record.expiresAtMs,
    fingerprint,
    ...record,
  })
}

/** No account reaches this generation. A higher one in the store would stop the counting, so it is read as 0. */
const highestGeneration = 2 ** 48

/**
 * Parses an entry of the cache. Returns `undefined` if it is malformed, truncated, or belongs to another secret.
 *
 * @param longestLifeMs a longer life in the entry is reduced to this
 */
export function decodeRecord(text: string, fingerprint: string, longestLifeMs = Infinity): StoredRecord | undefined {
  const { access_token: value, fingerprint: own, format: written, ...fields } = parseObject(text) ?? {}
  if (!isCount(written) || written < format || own !== fingerprint || !isTokenText(value)) return undefined
  const {
    expires_in: _,
    expired_time: __,
    generation,
    issuedAtMs,
    expiresAtMs: toldMs,
    writer,
    reason,
    ...marks
  } = fields
  if (!isCount(generation) || !isMoment(issuedAtMs) || !isMoment(toldMs) || toldMs <= issuedAtMs) return undefined
  const expiresAtMs = Math.min(toldMs, issuedAtMs + longestLifeMs)
  const { known, unknown } = marksOf(marks, expiresAtMs)
  const carried = { ...unknown, ...(written > format && { format: written }) }
  return storedRecord({
    value,
    generation: generation > highestGeneration ? 0 : generation,
    issuedAtMs,
    expiresAtMs,
    carried,
    writer: typeof writer === 'string' ? writer : '',
    reason: reasons.find((one) => one === reason) ?? 'cold',
    ...known,
  })
}

/** The optional fields of an entry: those that this version knows, if they are valid, and all others. */
function marksOf(
  { repeatedAtMs, writtenAtMs, rejectedCode, isLifetimeAssumed, duels, ...unknown }: CarriedFields,
  expiresAtMs: number,
): { readonly known: Partial<StoredRecord>; readonly unknown: CarriedFields } {
  const known = {
    ...(isMoment(repeatedAtMs) && { repeatedAtMs: Math.min(repeatedAtMs, expiresAtMs) }),
    ...(isMoment(writtenAtMs) && { writtenAtMs }),
    ...((typeof rejectedCode === 'string' || isFiniteNumber(rejectedCode)) && { rejectedCode }),
    ...(isLifetimeAssumed === true && { isLifetimeAssumed: true as const }),
    ...(isCount(duels) && { duels }),
  }
  return { known, unknown }
}

/** Parses a JSON text. Returns `undefined` if it does not hold an object. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return isObject(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** Whether a value is a JSON object, neither `null` nor an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a value is a whole number of 0 or more. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value)
}

const longestToken = 8192

/**
 * Whether a value can be a token: printable ASCII of at most 8 KiB. Other text cannot travel unchanged in a header or a
 * URL.
 */
export function isTokenText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= longestToken && /^[\x21-\x7e]+$/.test(value)
}

/** Whether a value is a moment in Unix milliseconds that `Date` can represent. */
export function isMoment(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= 8.64e15
}
