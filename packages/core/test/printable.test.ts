import { platformError, type ErrorResponse } from '../src/internal.js'
import { printable } from '../src/secrecy/printable.js'
import { scrubCause } from '../src/secrecy/redact.js'

const acting = [
  '\u001B[2J',
  '\u009B31m',
  'a\r\nlevel=info',
  'a\u2028b',
  '\u202Etxt.exe',
  '\u0000',
  '\u0007',
  '\t',
  '\uD800',
]

test.each(acting)('%j does not act on the terminal or the log that it is printed to', (text) => {
  const shown = printable(`before ${text} after`)
  expect(shown).toMatch(/^before [^\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202E]+ after$/u)
  expect(shown).toContain('\uFFFD')
})

test('text of any language stays as it is', () => {
  for (const text of ['不合法的 access_token', 'caf\u00E9 “quoted” 🔑', "rid: 6a-7b', hint: [x]"])
    expect(printable(text)).toBe(text)
})

test('a platform’s message acts nowhere, in no field of its error', () => {
  const foreign = 'no\u001B[2J\r\nlevel=info way'
  const refusal: ErrorResponse = {
    code: foreign,
    errorClass: 'unknown',
    message: foreign,
    traceId: foreign,
    ip: foreign,
  }
  const error = platformError({ id: 'x', hints: { unknown: 'from {ip}' } }, 'api', refusal, {
    language: 'en',
    known: [],
  })
  const { platformCode, platformMessage, traceId, ip } = error.details
  for (const text of [error.message, error.hint, platformCode, platformMessage, traceId, ip])
    expect(String(text)).not.toMatch(/\p{Cc}/u)
  expect(platformMessage).toBe('no\uFFFD[2J\uFFFD\uFFFDlevel=info way')
})

test('text quoted by a network error acts nowhere', () => {
  const cause = Object.assign(new Error('bad header\r\nx: \u001B[2J'), { name: 'E\u0007', code: 'E\nX' })
  const safe = scrubCause({ message: 'outer\n', cause }) as Error & {
    readonly cause: Error & { readonly code: string }
  }
  for (const text of [safe.message, safe.cause.message, safe.cause.name, safe.cause.code])
    expect(text).not.toMatch(/\p{Cc}/u)
})
