import { decodeState as decodeNamed, emptyState, encodeState, nameOfKey, type State } from '../src/state.js'

const key = 'lingpai:1:qq-bot:bot:https%3A%2F%2Fapi.bot.qq.com:10001:5d41'
const full: State = {
  writeId: 'w1',
  value: '令牌 "quoted" \\ \u2028 \ud800',
  expiresAtMs: 1_900_000_000_000,
  lease: { holder: 'h', untilMs: 1_800_000_002_000, ttlMs: 2000 },
}

/** Parses a file of `key`. */
function decodeState(owner: string, text: string): State | undefined {
  return decodeNamed(nameOfKey(owner), text)?.state
}

test.each<[string, State]>([
  ['a full one', full],
  ['an empty one', emptyState],
  ['a lease alone', { writeId: '', lease: { holder: '', untilMs: 0, ttlMs: 1 } }],
  ['an empty value', { writeId: 'w', value: '' }],
])('a state comes back as it was written: %s', (_name, state) => {
  expect(decodeState(key, encodeState(key, state))).toEqual(state)
})

test('a state with any changed byte is rejected', () => {
  const bytes = Buffer.from(encodeState(key, full))
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(decodeState(key, changed.toString('utf8'))).toBeUndefined()
  }
})

test('a truncated or extended state is rejected', () => {
  const text = encodeState(key, full)
  for (let length = 0; length < text.length; length++) expect(decodeState(key, text.slice(0, length))).toBeUndefined()
  expect(decodeState(key, `${text}\n`)).toBeUndefined()
  expect(decodeState(key, text + text)).toBeUndefined()
})

test('the state of another key is rejected', () => {
  expect(decodeState(`${key}0`, encodeState(key, full))).toBeUndefined()
  expect(decodeState('k'.repeat(5000), encodeState('j'.repeat(5000), full))).toBeUndefined()
})

test.each([
  ['a value that is not a text', { writeId: 'w', value: 1 }],
  ['an expiry that is not a number', { writeId: 'w', value: 'v', expiresAtMs: '5' }],
  ['an expiry of null', { writeId: 'w', value: 'v', expiresAtMs: null }],
  ['a lease that is not an object', { writeId: 'w', lease: 'h' }],
  ['a lease of null', { writeId: 'w', lease: null }],
  ['a lease without an end', { writeId: 'w', lease: { holder: 'h', ttlMs: 1 } }],
  ['no writeId', { value: 'v' }],
  ['another format', { format: 2, writeId: 'w', value: 'v' }],
])('a well-sealed file with %s is damaged', (_name, state) => {
  expect(decodeState(key, encodeState(key, state as unknown as State))).toBeUndefined()
})

test('the file of a key of 1 MB stays small', () => {
  const long = 'k'.repeat(1024 * 1024)
  expect(encodeState(long, full).length).toBeLessThan(1000)
  expect(decodeState(long, encodeState(long, full))).toEqual(full)
})

test.each(['../../etc/passwd', 'a\0b', '🀄', '', '.', 'CON', 'k'.repeat(1024 * 1024)])(
  'a name is 64 hex digits',
  (id) => {
    expect(nameOfKey(id)).toMatch(/^[0-9a-f]{64}$/)
  },
)
