import {
  isRenewed,
  isReplaced,
  orderOf,
  unlessReplaced,
  type HeldBeside,
  type OrderFacts,
} from '../src/record/record-order.js'
import { changedRecord, storedRecord, type StoredRecord } from '../src/token-record.js'

const issuedAtMs = 1_767_225_600_000
const held = storedRecord({
  value: 'token-held',
  generation: 3,
  issuedAtMs,
  expiresAtMs: issuedAtMs + 7_200_000,
  writer: 'w1',
  reason: 'cold',
})
const same = (changes: Partial<StoredRecord>): StoredRecord => changedRecord(held, changes)
const other = (changes: Partial<StoredRecord> = {}): StoredRecord => same({ value: 'token-found', ...changes })

const plain: OrderFacts = {
  isUnwritten: false,
  isReadBefore: false,
  isHeldRejected: false,
  isFoundRetired: false,
  isFoundBeforeSetBack: false,
  isOneClock: false,
  isHeldOwn: false,
  laterByMs: 60_000,
  overlapMs: 5000,
}
const newer = other({ generation: 4, issuedAtMs: issuedAtMs + 60_000 })
const rejected = changedRecord(newer, { rejectedCode: 42001 })

describe('the order of a found record and the one in memory', () => {
  test('replaces for any record if memory holds none', () => {
    expect(orderOf(held, undefined, plain)).toBe('replaces')
  })

  test.each<[string, StoredRecord, Partial<OrderFacts>, string]>([
    ['the same record', held, {}, 'updates'],
    ['the same record, read before another read of it', held, { isReadBefore: true }, 'trails'],
    [
      'the same token, asked for again elsewhere',
      same({ repeatedAtMs: issuedAtMs + 1 }),
      { isUnwritten: true },
      'updates',
    ],
    ['the same token under a higher generation', same({ generation: 4 }), { isUnwritten: true }, 'updates'],
    ['the same token, of which memory has not written what it knows', held, { isUnwritten: true }, 'trails'],
    ['a higher generation', newer, {}, 'replaces'],
    [
      'a higher generation of an earlier moment',
      other({ generation: 4, issuedAtMs: issuedAtMs - 9000 }),
      {},
      'replaces',
    ],
    ['the same generation, requested later', other(), { laterByMs: 1 }, 'replaces'],
    [
      'the same generation, requested later on a clock that was set back since',
      other({ issuedAtMs: issuedAtMs - 300_000 }),
      { laterByMs: 70_000 },
      'replaces',
    ],
    ['the same generation of the same moment', other(), { laterByMs: 0 }, 'loses'],
    ['a lower generation, requested later', other({ generation: 2 }), { laterByMs: 1 }, 'replaces'],
    ['a lower generation', other({ generation: 2 }), { laterByMs: 0 }, 'loses'],
    ['a newer token that was replaced or rejected here', newer, { isFoundRetired: true }, 'loses'],
    ['the same generation, beside a rejected token', other(), { isHeldRejected: true }, 'replaces'],
    [
      'a lower generation, beside a rejected token',
      other({ generation: 2 }),
      { isHeldRejected: true, laterByMs: 0 },
      'loses',
    ],
    [
      'a newer one from before a clock was set back, beside an own one',
      newer,
      { isHeldOwn: true, isFoundBeforeSetBack: true },
      'loses',
    ],
    [
      'a newer one from before a clock was set back, beside one of others',
      newer,
      { isFoundBeforeSetBack: true },
      'replaces',
    ],
    ['a newer one, beside an unwritten one requested earlier', newer, { isUnwritten: true }, 'replaces'],
    ['a newer one, beside an unwritten one requested later', newer, { isUnwritten: true, laterByMs: -1 }, 'loses'],
    [
      'one from before a clock was set back, beside an unwritten one',
      newer,
      { isUnwritten: true, isFoundBeforeSetBack: true },
      'loses',
    ],
    [
      'a rejected one whose request overlapped that of an unwritten one',
      rejected,
      { isUnwritten: true, laterByMs: 4999 },
      'loses',
    ],
    [
      'a rejected one requested after that of an unwritten one was over',
      rejected,
      { isUnwritten: true, laterByMs: 5000 },
      'replaces',
    ],
    [
      'a rejected one of a higher generation, requested earlier on one clock',
      rejected,
      { isOneClock: true, laterByMs: -5001 },
      'loses',
    ],
    [
      'a rejected one of a higher generation, requested earlier by the clocks of two hosts',
      rejected,
      { laterByMs: -5000 },
      'replaces',
    ],
    [
      'a rejected one of a higher generation, whose request may have overlapped that of others',
      rejected,
      { isOneClock: true, laterByMs: -5000 },
      'replaces',
    ],
    [
      'a rejected one of a higher generation, whose request overlapped an own one',
      rejected,
      { isOneClock: true, isHeldOwn: true, laterByMs: 4999 },
      'loses',
    ],
    [
      'a rejected one of a higher generation, requested after an own one was over',
      rejected,
      { isOneClock: true, isHeldOwn: true, laterByMs: 5000 },
      'replaces',
    ],
    [
      'a good one of a higher generation, requested earlier on one clock',
      newer,
      { isOneClock: true, laterByMs: -5000 },
      'replaces',
    ],
    [
      'a good one whose request overlapped that of an unwritten one',
      newer,
      { isUnwritten: true, laterByMs: 4999 },
      'replaces',
    ],
  ])('%s', (_, found, facts, order) => {
    expect(orderOf(found, held, { ...plain, ...facts })).toBe(order)
  })
})

describe('replaced and renewed', () => {
  test('isReplaced is true for any record if there was none', () => {
    expect(isReplaced(undefined, held)).toBe(true)
    expect(isRenewed(held, undefined)).toBe(false)
  })

  test('isReplaced is true for another token, and for a higher generation, whatever the clocks say', () => {
    expect(isReplaced(held, other({ issuedAtMs: issuedAtMs - 9000 }))).toBe(true)
    expect(isReplaced(held, same({ generation: 4 }))).toBe(true)
    expect(isRenewed(other({ issuedAtMs: issuedAtMs + 1 }), held)).toBe(false)
  })

  test('isReplaced is false for the record itself, and for a later response with the same token', () => {
    expect(isReplaced(held, held)).toBe(false)
    expect(isReplaced(held, same({ repeatedAtMs: issuedAtMs + 1 }))).toBe(false)
    expect(isReplaced(held, same({ issuedAtMs: issuedAtMs + 1 }))).toBe(false)
    expect(isRenewed(same({ repeatedAtMs: issuedAtMs + 1 }), held)).toBe(true)
    expect(isRenewed(same({ issuedAtMs: issuedAtMs + 1 }), held)).toBe(true)
  })
})

describe('a token that could not be written', () => {
  const candidate = other({ issuedAtMs: issuedAtMs + 60_000 })
  const beside = (record: StoredRecord | undefined, facts: Partial<HeldBeside> = {}) =>
    unlessReplaced(candidate, undefined, {
      record,
      isUntimed: false,
      isRejected: false,
      mayHaveComeSince: false,
      ...facts,
    })

  test('takes the next generation after an earlier record that came meanwhile', () => {
    expect(beside(held)?.generation).toBe(4)
    expect(beside(undefined)).toBe(candidate)
  })

  test('counts for nothing beside a later record, unless an API rejected that or its moments are on another clock', () => {
    const later = same({ issuedAtMs: issuedAtMs + 60_001 })
    expect(beside(later)).toBeUndefined()
    expect(beside(later, { isRejected: true })).toBe(candidate)
    expect(beside(later, { isUntimed: true })).toBe(candidate)
  })

  test('counts for nothing if an API rejected it, or others received it later', () => {
    expect(beside(candidate, { isRejected: true })).toBeUndefined()
    expect(beside(changedRecord(candidate, { issuedAtMs: candidate.issuedAtMs + 1 }))).toBeUndefined()
    expect(beside(candidate)).toBe(candidate)
  })

  test('counts for nothing beside an earlier record that the store should have held when it was requested', () => {
    expect(beside(held, { mayHaveComeSince: true })).toBeUndefined()
    const prompt = same({ issuedAtMs: issuedAtMs + 30_000 })
    expect(beside(prompt, { mayHaveComeSince: true })?.generation).toBe(4)
    expect(beside(same({ writtenAtMs: issuedAtMs + 60_000 }), { mayHaveComeSince: true })?.generation).toBe(4)
    expect(beside(same({ writtenAtMs: issuedAtMs + 59_999 }), { mayHaveComeSince: true })).toBeUndefined()
  })
})
