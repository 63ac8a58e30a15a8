import { emptyState, type State } from '../src/state.js'
import { commit, isHeld, release, remove, set, take } from '../src/transitions.js'

const nowMs = 1_800_000_000_000
const held = (holder: string, untilMs: number, ttlMs = 2000): State => ({
  writeId: 'w1',
  value: 'old',
  expiresAtMs: 5,
  lease: { holder, untilMs, ttlMs },
})

test('a lease is held until its end, and not at its end', () => {
  expect(isHeld({ holder: 'a', untilMs: nowMs + 1, ttlMs: 2000 }, nowMs)).toBe(true)
  expect(isHeld({ holder: 'a', untilMs: nowMs, ttlMs: 2000 }, nowMs)).toBe(false)
})

test('a lease from before the clock was set back by more than its length has run out', () => {
  expect(isHeld({ holder: 'a', untilMs: nowMs + 4000, ttlMs: 2000 }, nowMs)).toBe(true)
  expect(isHeld({ holder: 'a', untilMs: nowMs + 4001, ttlMs: 2000 }, nowMs)).toBe(false)
  expect(isHeld({ holder: 'a', untilMs: nowMs + 3_600_000, ttlMs: 3_600_000 }, nowMs)).toBe(true)
  expect(isHeld({ holder: 'a', untilMs: Number.MAX_SAFE_INTEGER, ttlMs: 2000 }, nowMs)).toBe(false)
})

test('taking keeps the value and its expiry', () => {
  const { next, answer } = take('b', 3000, () => nowMs)(held('a', nowMs - 1))
  expect(answer).toBe(true)
  expect(next).toEqual({ ...held('a', 0), lease: { holder: 'b', untilMs: nowMs + 3000, ttlMs: 3000 } })
})

test('taking what another holds changes nothing', () => {
  expect(take('b', 3000, () => nowMs)(held('a', nowMs + 1))).toEqual({ answer: false })
})

test('the end of a lease counts from the attempt that lands, not from the first one', () => {
  let clockMs = nowMs
  const attempt = take('a', 1000, () => clockMs)
  attempt(emptyState)
  clockMs += 500
  expect(attempt(emptyState).next?.lease?.untilMs).toBe(nowMs + 1500)
})

test('a commit replaces value, expiry and lease', () => {
  const { next, answer } = commit('a', 'new', undefined)(held('a', nowMs - 5000))
  expect(answer).toBe(true)
  expect(next).toEqual({ writeId: next?.writeId, value: 'new' })
  expect(next?.writeId).not.toBe('w1')
})

test('a commit whose value stands after all is true, and false once a newer value stands', () => {
  const attempt = commit('a', 'new', undefined)
  const landed = attempt(held('a', nowMs)).next ?? emptyState
  expect(attempt({ ...landed, lease: { holder: 'b', untilMs: nowMs, ttlMs: 1 } })).toEqual({ answer: true })
  expect(attempt({ writeId: 'w2', value: 'newer' })).toEqual({ answer: false })
})

test('a release ends only the lease of its holder', () => {
  expect(release('a')(held('a', nowMs + 1)).next).toEqual({ writeId: 'w1', value: 'old', expiresAtMs: 5 })
  expect(release('b')(held('a', nowMs + 1)).next).toBeUndefined()
  expect(release('b')(emptyState).next).toBeUndefined()
})

test('a write and a removal keep the lease', () => {
  const state = held('a', nowMs + 1)
  expect(set('new', 7)(state).next).toMatchObject({ value: 'new', expiresAtMs: 7, lease: state.lease })
  expect(remove()(state).next).toEqual({ writeId: expect.any(String), lease: state.lease })
})

test('a write that stands is not written again, and nothing is removed twice', () => {
  const attempt = set('new', undefined)
  expect(attempt(attempt(emptyState).next ?? emptyState)).toEqual({ answer: undefined })
  expect(remove()(emptyState)).toEqual({ answer: undefined })
})
