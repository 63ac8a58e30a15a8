import { maskKnown, redact } from '../src/secrecy/redact.js'

const secret = 'planted-secret/+K5"é\\9fQz7'
const bytes = Buffer.from(secret)
const percented = encodeURIComponent(secret)
const inForm = new URLSearchParams([['', secret]]).toString().slice(1)
const inJson = JSON.stringify(secret).slice(1, -1)

const spellings: readonly (readonly [string, string])[] = [
  ['as it is', secret],
  ['percent-encoded', percented],
  ['percent-encoded twice', encodeURIComponent(percented)],
  [
    'percent-encoded twice, with small digits',
    encodeURIComponent(percented.replace(/%../g, (octet) => octet.toLowerCase())),
  ],
  ['in JSON', inJson],
  ['in JSON twice', JSON.stringify(inJson).slice(1, -1)],
  ['in JSON, then percent-encoded', encodeURIComponent(inJson)],
  ['in HTML', secret.replace('"', '&quot;')],
  ['in HTML, with numbers', secret.replace('"', '&#34;')],
  ['in hexadecimal digits', bytes.toString('hex')],
  ['in capital hexadecimal digits', bytes.toString('hex').toUpperCase()],
  ['in base64', bytes.toString('base64')],
  ['in base64url', bytes.toString('base64url')],
  ['in base64, in the Basic header of OAuth 2', Buffer.from(`id:${inForm}`).toString('base64')],
  ...['', 'a', 'ab', 'id:'].map((before) => {
    return [
      `in base64 behind ${before.length} bytes`,
      Buffer.from(`${before}${secret}:rest`).toString('base64'),
    ] as const
  }),
]

test.each(spellings)('a secret %s is masked', (_, spelled) => {
  const masked = maskKnown(`invalid key ${spelled} given`, [secret])
  expect(masked).toMatch(/^invalid key .{0,4}\*\*\*.{0,10} given$/)
})

test.each(spellings.filter(([name]) => !/behind|Basic/.test(name)))(
  'a secret %s that is cut at either end is masked',
  (_, spelled) => {
    for (let length = 16; length < spelled.length; length += 1) {
      for (const piece of [spelled.slice(0, length), spelled.slice(-length)]) {
        const masked = maskKnown(`key ${piece}`, [secret])
        expect(masked).toMatch(/^key .{0,5}\*\*\*.{0,5}$/)
      }
    }
  },
)

test('pieces of a secret of eight or more characters are masked', () => {
  for (let start = 0; start + 8 <= secret.length; start += 1) {
    expect(maskKnown(`(${secret.slice(start, start + 8)})`, [secret])).toBe('(***)')
    expect(maskKnown(`(${secret.slice(start, start + 7)})`, [secret])).toBe(`(${secret.slice(start, start + 7)})`)
  }
})

test('a text that is too long to print is cut before it is searched', () => {
  const masked = redact(`${'long '.repeat(1_000_000)}${secret}`, [secret])
  expect(masked.length).toBeLessThan(20_000)
  expect(masked.endsWith('…')).toBe(true)
})

test('the text around a secret stays', () => {
  const basic = Buffer.from(`client:${secret}`).toString('base64')
  expect(redact(`401 for client 102000001, sent ${basic}, try again`, [secret])).toMatch(
    /^401 for client 102000001, sent .{0,12}\*\*\*={0,2}, try again$/,
  )
})

test.each([
  ['"', "'"],
  ['&quot;', "'"],
  ['&quot;', '&#39;'],
  ['&quot;', '&#039;'],
  ['&quot;', '&#x27;'],
  ['&#34;', '&#39;'],
])('a secret in HTML that spells quotes as %s and %s is masked', (double, single) => {
  const html = `a&lt;b&gt;c&amp;d${double}e${single}f`
  expect(maskKnown(`<p>${html}</p>`, [`a<b>c&d"e'f`])).toBe('<p>***</p>')
})

test.each([
  ['{"client_secret": "three plain words", "a": 1}', '{"client_secret": "***", "a": 1}'],
  ["password='three plain words' a=1", "password='***' a=1"],
  ['"{\\"appSecret\\":\\"three plain words\\"}"', '"{\\"appSecret\\":\\"***\\"}"'],
  ['{"authorization":"Bearer three plain words"}', '{"authorization":"Bearer ***"}'],
  ['{"password":"one","note":"two words"}', '{"password":"***","note":"two words"}'],
])('the quoted value of a secret name is masked to its last word: %s', (text, masked) => {
  expect(redact(text)).toBe(masked)
})
