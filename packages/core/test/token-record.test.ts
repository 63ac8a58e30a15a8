import { inspect } from 'node:util'
import {
  changedRecord,
  clearedRecord,
  decodeRecord,
  encodeRecord,
  isMoment,
  parseObject,
  storedRecord,
  type StoredRecord,
} from '../src/token-record.js'

const fields: StoredRecord = {
  value: 'token-1',
  generation: 3,
  issuedAtMs: 1_767_225_600_000,
  expiresAtMs: 1_767_232_800_500,
  writer: 'w1',
  reason: 'ahead',
}
const record = storedRecord(fields)
const everything = storedRecord({ ...fields, repeatedAtMs: 1_767_230_000_000, rejectedCode: 42001, duels: 2 })
const fingerprint = '0123456789abcdef'

/** A record's fields, with its value. */
function members(of: StoredRecord | undefined): object | undefined {
  return of && { ...of, value: of.value }
}

test('a record is read back as it was written', () => {
  for (const each of [record, everything, storedRecord({ ...fields, rejectedCode: 'invalid_token' })]) {
    expect(members(decodeRecord(encodeRecord(each, fingerprint), fingerprint))).toEqual(members(each))
  }
  expect(members(record)).toEqual(fields)
})

test('an encoded record has TNW’s fields: token, seconds of life, and the moment of expiry', () => {
  expect(JSON.parse(encodeRecord(record, fingerprint))).toMatchObject({
    access_token: 'token-1',
    expires_in: 7200,
    expired_time: 1_767_232_800_500,
  })
})

test('an entry with the fingerprint of another secret is not a record', () => {
  expect(decodeRecord(encodeRecord(record, fingerprint), 'fedcba9876543210')).toBeUndefined()
  expect(decodeRecord(encodeRecord(record, fingerprint), '')).toBeUndefined()
})

const change = (changes: object): string =>
  JSON.stringify({ ...JSON.parse(encodeRecord(record, fingerprint)), ...changes })

test.each([
  ['empty', ''],
  ['a cut text', encodeRecord(record, fingerprint).slice(0, -1)],
  ['two texts', encodeRecord(record, fingerprint) + encodeRecord(record, fingerprint)],
  ['null', 'null'],
  ['an array', `[${encodeRecord(record, fingerprint)}]`],
  ['a text of JSON', JSON.stringify(encodeRecord(record, fingerprint))],
  ['TNW’s own entry', JSON.stringify({ access_token: 't', expires_in: 7200, expired_time: 1 })],
  ['an error response', JSON.stringify({ errcode: 40001, errmsg: 'invalid credential' })],
  ['of format 0', change({ format: 0 })],
  ['of half a format', change({ format: 1.5 })],
  ['of a format that is text', change({ format: '1' })],
  ['without a token', change({ access_token: undefined })],
  ['with an empty token', change({ access_token: '' })],
  ['with a token that is a number', change({ access_token: 7 })],
  ['with half a generation', change({ generation: 1.5 })],
  ['with a negative generation', change({ generation: -1 })],
  ['with a huge generation', change({ generation: 2 ** 60 })],
  ['with a generation of text', change({ generation: '3' })],
  ['without its issue', change({ issuedAtMs: undefined })],
  ['issued before 1970', change({ issuedAtMs: -1 })],
  ['that never expires', change({ expiresAtMs: null })],
  ['that expires beyond all calendars', change({ expiresAtMs: 8.64e15 + 1 })],
  ['that expires as it is issued', change({ expiresAtMs: fields.issuedAtMs })],
  ['that expires before it is issued', change({ expiresAtMs: fields.issuedAtMs - 1 })],
])('an entry that is %s is not a record', (_, text) => {
  expect(decodeRecord(text, fingerprint)).toBeUndefined()
})

test('malformed optional fields are dropped, and the rest is read', () => {
  const odd = change({ writer: 7, reason: 'why', repeatedAtMs: 'now', rejectedCode: {}, duels: -1, extra: true })
  expect(members(decodeRecord(odd, fingerprint))).toEqual({ ...fields, writer: '', reason: 'cold' })
})

test('a later format is read, and its fields are written back, whatever else changes', () => {
  const scope = { names: ['bot'], since: 3 }
  const later = change({ format: 7, scope, note: 'later' })
  const read = decodeRecord(later, fingerprint)
  expect(members(read)).toEqual(fields)
  for (const next of [changedRecord(read ?? record, { rejectedCode: 42001 }), clearedRecord(read ?? record)]) {
    expect(JSON.parse(encodeRecord(next, fingerprint))).toMatchObject({
      format: 7,
      scope,
      note: 'later',
      access_token: 'token-1',
    })
  }
})

test('fields of a later format are not printed, and do not override known names', () => {
  const text = change({ later: 'simsec-later', value: 'simtok-odd', carried: { format: 9 } })
  const read = decodeRecord(text, fingerprint)
  expect(inspect(read, { showHidden: true, getters: true }) + JSON.stringify(read)).not.toContain('simsec-later')
  expect(read?.value).toBe('token-1')
  expect(JSON.parse(encodeRecord(read ?? record, fingerprint))).toEqual(JSON.parse(text))
})

test('a life longer than the platform’s longest is reduced to it', () => {
  const read = decodeRecord(change({ expiresAtMs: 8.6e15, repeatedAtMs: 8.6e15 }), fingerprint, 7_200_000)
  expect(read).toMatchObject({
    expiresAtMs: fields.issuedAtMs + 7_200_000,
    repeatedAtMs: fields.issuedAtMs + 7_200_000,
  })
  expect(JSON.parse(encodeRecord(read ?? record, fingerprint))).toMatchObject({ expires_in: 7200 })
})

test('a generation that leaves no room to count on is read as 0', () => {
  expect(decodeRecord(change({ generation: Number.MAX_SAFE_INTEGER }), fingerprint)?.generation).toBe(0)
  expect(decodeRecord(change({ generation: 2 ** 48 }), fingerprint)?.generation).toBe(2 ** 48)
})

test('decodeRecord never throws, whatever the text is', () => {
  const seed = 20_261_120
  const random = randomOf(seed)
  const good = encodeRecord(everything, fingerprint)
  let read = 0
  for (let i = 0; i < 20_000; i += 1) {
    const text = garbled(good, random)
    try {
      const found = decodeRecord(text, fingerprint)
      if (found !== undefined) {
        read += 1
        expect(found.value).not.toBe('')
        expect(found.expiresAtMs).toBeGreaterThan(found.issuedAtMs)
        expect(members(decodeRecord(encodeRecord(found, fingerprint), fingerprint))).toEqual(members(found))
      }
    } catch (error) {
      throw new Error(`seed ${seed}, round ${i}: ${JSON.stringify(text)}`, { cause: error })
    }
  }
  expect(read).toBeGreaterThan(100)
})

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function garbled(good: string, random: () => number): string {
  const at = Math.floor(random() * good.length)
  const character = String.fromCharCode(Math.floor(random() * 128))
  const values = ['null', '0', '-1', '1e999', '"x"', '[]', '{}', 'true', '1e15', '""']
  const value = values[Math.floor(random() * values.length)] ?? ''
  switch (Math.floor(random() * 5)) {
    case 0:
      return good.slice(0, at)
    case 1:
      return good.slice(0, at) + character + good.slice(at + 1)
    case 2:
      return good.slice(0, at) + good.slice(at + Math.floor(random() * 20))
    case 3:
      return good.replace(/:[^,}]+(?=[,}])/g, (member) => (random() < 0.2 ? `:${value}` : member))
    default:
      return Array.from({ length: at }, () => String.fromCharCode(Math.floor(random() * 0xffff))).join('')
  }
}

test('a changed record keeps its other fields and its value, and is frozen', () => {
  const changed = changedRecord(everything, { expiresAtMs: 1_767_240_000_000 })
  expect(members(changed)).toEqual({ ...members(everything), expiresAtMs: 1_767_240_000_000 })
  expect(Object.isFrozen(changed)).toBe(true)
  expect(changedRecord(record, { value: 'other' }).value).toBe('other')
})

test('printing a record shows everything but its value', () => {
  const { value: _, ...rest } = fields
  expect(JSON.parse(JSON.stringify(record))).toEqual(rest)
  expect(inspect(record, { showHidden: true, getters: true })).not.toContain('token-1')
  expect(Object.entries(record).flat()).not.toContain('token-1')
  expect('value' in record && record.value).toBe('token-1')
})

test('isMoment is true only for values that Date can represent', () => {
  for (const moment of [1, 0.5, Date.UTC(2026, 0, 1), 8.64e15]) expect(isMoment(moment)).toBe(true)
  for (const none of [0, -1, Number.NaN, Infinity, 8.64e15 + 1, '1', null, undefined, new Date()]) {
    expect(isMoment(none)).toBe(false)
  }
})

test('parseObject only accepts objects', () => {
  expect(parseObject('{"a":1}')).toEqual({ a: 1 })
  for (const text of ['', '[]', 'null', '1', '"x"', '{', '\uFEFF{}']) expect(parseObject(text)).toBeUndefined()
})

test('a value that a header cannot carry is not a token', () => {
  const text = encodeRecord(record, fingerprint)
  for (const value of ['a\nb', 'ä', 'x'.repeat(9000), '']) {
    const changed = JSON.stringify({ ...(JSON.parse(text) as object), access_token: value })
    expect(decodeRecord(changed, fingerprint)).toBeUndefined()
  }
})
