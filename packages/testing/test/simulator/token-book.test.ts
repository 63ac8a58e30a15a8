import { tokenBook, verdict, type BookRules, type TokenBook } from '../../src/simulator/token-book.js'

const secondMs = 1000

function openBook(rules: Partial<BookRules>): { book: TokenBook; pass: (seconds: number) => void; now: () => number } {
  let nowMs = 0
  let serial = 0
  const book = tokenBook({
    rules: () => ({ mode: 'sticky', lifeSeconds: 7200, windowSeconds: 60, overlapSeconds: 300, ...rules }),
    nowMs: () => nowMs,
    leastLifeMs: secondMs,
    mint: () => ({ value: `value ${++serial}`, id: `id ${serial}` }),
    onIssue: () => undefined,
  })
  return { book, pass: (seconds) => (nowMs += seconds * secondMs), now: () => nowMs }
}

test('a sticky token is repeated with its remaining life until the window opens', () => {
  const { book, pass } = openBook({ windowSeconds: 60 })
  const first = book.ask()
  expect(first).toMatchObject({ isNew: true, leftMs: 7200 * secondMs })
  pass(7140)
  expect(book.ask()).toMatchObject({ isNew: false, leftMs: 60 * secondMs, token: first.token })
  pass(0.001)
  expect(book.ask()).toMatchObject({ isNew: true, leftMs: 7200 * secondMs })
})

test('a sticky token replaced in its window works until its own expiry', () => {
  const { book, pass, now } = openBook({ windowSeconds: 60 })
  const { token } = book.ask()
  pass(7150)
  expect(book.ask().isNew).toBe(true)
  pass(49.999)
  expect(verdict(token, now())).toBeUndefined()
  pass(0.001)
  expect(verdict(token, now())).toBe('expired')
})

test('a sticky token without a window is repeated until its remaining life would be 0', () => {
  const { book, pass } = openBook({ windowSeconds: 0 })
  book.ask()
  pass(7199)
  expect(book.ask()).toMatchObject({ isNew: false, leftMs: secondMs })
  pass(0.5)
  expect(book.ask().isNew).toBe(true)
})

test('after a rotation the previous token works for its overlap, and older ones die at once', () => {
  const { book, pass, now } = openBook({ mode: 'rotate', overlapSeconds: 300 })
  const first = book.ask().token
  pass(10)
  const second = book.ask().token
  pass(299)
  expect(verdict(first, now())).toBeUndefined()
  const third = book.ask().token
  expect(verdict(first, now())).toBe('superseded')
  expect(verdict(second, now())).toBeUndefined()
  pass(300)
  expect(verdict(second, now())).toBe('superseded')
  expect(verdict(third, now())).toBeUndefined()
})

test('an extended token keeps its value and regains its full life', () => {
  const { book, pass, now } = openBook({ mode: 'extend' })
  const { token } = book.ask()
  pass(7000)
  expect(book.ask()).toMatchObject({ isNew: false, leftMs: 7200 * secondMs, token })
  pass(7199)
  expect(verdict(token, now())).toBeUndefined()
  pass(1)
  expect(book.ask().isNew).toBe(true)
})

test('independent tokens do not affect each other', () => {
  const { book, pass, now } = openBook({ mode: 'independent' })
  const first = book.ask().token
  pass(7199)
  expect(book.ask().isNew).toBe(true)
  expect(verdict(first, now())).toBeUndefined()
})

test('a revoked token is dead, and the next request returns another', () => {
  const { book, now } = openBook({})
  const { token } = book.ask()
  book.revoke()
  expect(verdict(token, now())).toBe('revoked')
  expect(book.ask().isNew).toBe(true)
})

test('after a sticky revocation the dead token is returned until the window opens', () => {
  const { book, pass } = openBook({ windowSeconds: 60 })
  const { token } = book.ask()
  book.revoke({ sticky: true })
  expect(book.ask()).toMatchObject({ isNew: false, token })
  pass(7141)
  expect(book.ask().isNew).toBe(true)
})

test('revoking an old token does not affect the current one', () => {
  const { book, now } = openBook({ mode: 'rotate' })
  const old = book.ask().token
  const current = book.ask().token
  book.revoke({ only: old })
  expect(verdict(old, now())).toBe('revoked')
  expect(verdict(current, now())).toBeUndefined()
})
