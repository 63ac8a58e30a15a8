import type { PlatformCode } from './error-class.js'

/** Why a token was asked for. */
export type RefreshReason = 'cold' | 'ahead' | 'rejected' | 'requested'

const reasons: readonly RefreshReason[] = ['cold', 'ahead', 'rejected', 'requested']

/** A token as handed out by `getRecord`. Printing it shows everything but the value. */
export interface TokenRecord {
  /** The token itself; hidden from `inspect`, `JSON.stringify` and the like. */
  readonly value: string
  /** Grows by one with each new token of the account. */
  readonly generation: number
  /** Unix milliseconds at which the request that brought it was sent. */
  readonly issuedAtMs: number
  /** Unix milliseconds at which the platform lets it die. */
  readonly expiresAtMs: number
}

/** A token as stored. */
export interface StoredRecord extends TokenRecord {
  /** Which secret it was got with; see `fingerprintOf`. */
  readonly fingerprint: string
  /** The process that wrote it. */
  readonly writer: string
  readonly reason: RefreshReason
  /** When upstream last repeated this token instead of giving a new one, Unix milliseconds. */
  readonly repeatedAtMs?: number
  /** When the entry was written, Unix milliseconds, where that was long after the request that brought the token. */
  readonly writtenAtMs?: number
  /** Set once an API refused this token and no other could be had. */
  readonly rejectedCode?: PlatformCode
  /** Set where upstream did not say how long this token lives. */
  readonly isLifetimeAssumed?: true
  /** How many tokens in a row were refused while young: the mark of somebody else who refreshes this account. */
  readonly duels?: number
  /** What a later version of this library wrote beside these fields; hidden like the value, and written back as it was. */
  readonly carried?: CarriedFields
}

/** An entry that is written within this time of its token's request does not say when it was written. */
export const promptMs = 30_000

/** Fields of an entry that this version does not know, and its `format` where that is a later one. */
export type CarriedFields = Readonly<Record<string, unknown>>

const inspect = Symbol.for('nodejs.util.inspect.custom')

/** What a record shows when it is printed. */
type ShownFields = Omit<StoredRecord, 'value' | 'carried'>

const none: CarriedFields = Object.freeze({})

class HiddenValueRecord implements StoredRecord {
  readonly #value: string
  readonly #carried: CarriedFields
  readonly generation: number
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  readonly fingerprint: string
  readonly writer: string
  readonly reason: RefreshReason
  declare readonly repeatedAtMs?: number
  declare readonly writtenAtMs?: number
  declare readonly rejectedCode?: PlatformCode
  declare readonly isLifetimeAssumed?: true
  declare readonly duels?: number

  constructor({ value, carried = none, ...rest }: StoredRecord) {
    this.#value = value
    this.#carried = carried
    this.generation = rest.generation
    this.issuedAtMs = rest.issuedAtMs
    this.expiresAtMs = rest.expiresAtMs
    this.fingerprint = rest.fingerprint
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

/** A record whose value does not show when it is printed. */
export function storedRecord(fields: StoredRecord): StoredRecord {
  return Object.freeze(new HiddenValueRecord(fields))
}

/** A record with some fields changed; what is hidden does not come along with a spread, so it is taken by name. */
export function changedRecord(record: StoredRecord, changes: Partial<StoredRecord>): StoredRecord {
  return storedRecord({ ...record, ...hiddenOf(record), ...changes })
}

/** A record without the mark that an API refused its token. */
export function clearedRecord(record: StoredRecord): StoredRecord {
  const { rejectedCode: _, ...rest } = record
  return storedRecord({ ...rest, ...hiddenOf(record) })
}

function hiddenOf({ value, carried }: StoredRecord): Pick<StoredRecord, 'value' | 'carried'> {
  return { value, ...(carried !== undefined && { carried }) }
}

/**
 * A format only ever adds fields, so that the versions of a rolling upgrade read each other. A version writes back what it does
 * not know, beside the next token too: a later field about one token has to say which one it means.
 */
const format = 1

/** A record as text. TNW reads it too: `access_token`, `expires_in` (seconds at issue) and `expired_time` (Unix ms) are its names. */
export function encodeRecord(record: StoredRecord): string {
  return JSON.stringify({
    format,
    ...record.carried,
    access_token: record.value,
    expires_in: Math.floor((record.expiresAtMs - record.issuedAtMs) / 1000),
    expired_time: record.expiresAtMs,
    ...record,
  })
}

/** No account counts so far. A number above this could stop the counting, so it counts for nothing. */
const highestGeneration = 2 ** 48

/**
 * Reads a record back; `undefined` for anything that is not one, was cut, or was got with another secret.
 *
 * @param longestLifeMs a record that says more is taken at this
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
    fingerprint,
    carried,
    writer: typeof writer === 'string' ? writer : '',
    reason: reasons.find((one) => one === reason) ?? 'cold',
    ...known,
  })
}

/** The optional fields of an entry: those of this version, where they are sound, and all others. */
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

/** The object that a JSON text holds, if it holds one. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return isObject(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** A JSON object: neither `null` nor an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A whole number from 0 on. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value)
}

const longestToken = 8192

/** Printable ASCII of at most 8 KiB: anything else could not travel in a header or a URL as it is. */
export function isTokenText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= longestToken && /^[\x21-\x7e]+$/.test(value)
}

/** A moment that `Date` can hold. */
export function isMoment(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= 8.64e15
}
