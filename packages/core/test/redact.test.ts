import { inspect } from 'node:util'
import { redact, scrubCause } from '../src/secrecy/redact.js'

const nasty = [
  'plain-Secret-42',
  'a&b=c+d%e/f?g#h',
  `it's "quoted" \\back`,
  'two words of it',
  '密钥-令牌-🔑',
  'paren(s)!~*star',
  'percent%25twice',
  '<tag attr="1">',
]

const spellings: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  encodeURIComponent: (secret) => encodeURIComponent(secret),
  'encodeURIComponent, small digits': (secret) =>
    encodeURIComponent(secret).replace(/%../g, (octet) => octet.toLowerCase()),
  URL: (secret) => new URL(`https://a.example/?q=${encodeURIComponent(secret)}`).href,
  URLSearchParams: (secret) => new URLSearchParams({ q: secret }).toString(),
  JSON: (secret) => JSON.stringify({ q: secret }),
  'JSON, ASCII only': (secret) =>
    JSON.stringify({ q: secret }).replace(
      /[\u0080-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
}

for (const [name, spell] of Object.entries(spellings)) {
  test(`a known secret is masked in the spelling of ${name}`, () => {
    for (const secret of nasty) {
      const text = `before ${spell(secret)} after ${spell(secret)}`
      const masked = redact(text, [secret])
      expect(masked).not.toContain(spell(secret))
      expect(masked).not.toContain(secret)
      expect(masked).toContain('***')
      expect(masked.startsWith('before ')).toBe(true)
      expect(masked).toContain(' after ')
    }
  })
}

test.each([
  'https://a.example/cgi-bin/gettoken?corpid=ww1&corpsecret=PLANTED',
  'https://a.example/api?access_token=PLANTED&next=1',
  'https://a.example/api?component_access_token=PLANTED',
  'grant_type=client_credential&appid=wx1&secret=PLANTED',
  '{"appId":"1","clientSecret":"PLANTED"}',
  '{"access_token" : "PLANTED","expires_in":7200}',
  '{\\"access_token\\":\\"PLANTED\\"}',
  '{\\\\\\"access_token\\\\\\":\\\\\\"PLANTED\\\\\\"}',
  "{ accessToken: 'PLANTED' }",
  'authorization: Bearer PLANTED',
  'Authorization: QQBot PLANTED',
  'authorization=Basic PLANTED',
  'refresh_token=PLANTED; path=/',
  'suite_ticket: PLANTED',
  'permanent_code=PLANTED',
  'password=PLANTED',
])('what stands behind a secret name is masked, known or not: %s', (text) => {
  const masked = redact(text)
  expect(masked).not.toContain('PLANTED')
  expect(masked).toContain('***')
})

test('texts without a secret stay readable', () => {
  for (const text of [
    'invalid credential, access_token is invalid or not latest rid: 68aeab-1',
    'invalid appsecret, view more at http://t.cn/LOEdzVq',
    'token not exist or expire',
    'invalid ip 203.0.113.7, not in whitelist',
  ]) {
    expect(redact(text, ['S3cret'])).toBe(text)
  }
  expect(redact('')).toBe('')
})

test('a secret of one or two characters is not masked, because it would mask every text', () => {
  expect(redact('a bad apple', ['a', '', 'ap'])).toBe('a bad apple')
})

test('long hostile texts are masked quickly', () => {
  const startMs = performance.now()
  for (const piece of ['\\', 'a', '_', '"', 'secret', 'secret=', 'secret: bearer ', 'a_secret\\', ' ', '%']) {
    redact(piece.repeat(65_536 / piece.length), ['S3cret'])
  }
  expect(performance.now() - startMs).toBeLessThan(3000)
})

describe('a scrubbed cause', () => {
  const planted = 'PLANTED%&"+'
  const shown = (value: unknown): string =>
    inspect(value, { showHidden: true, depth: Infinity, getters: true }) + String((value as Error).stack)

  test('keeps name, code and masked message, and nothing else', () => {
    const inner = Object.assign(new TypeError(`GET https://a.example/?k=${encodeURIComponent(planted)} failed`), {
      code: 'ECONNRESET',
      config: { headers: { key: planted } },
    })
    const outer = Object.assign(new Error(`fetch failed: ${planted}`, { cause: inner }), { url: planted })
    const safe = scrubCause(outer, [planted]) as Error & { cause: Error & { code: string } }
    expect(safe).toMatchObject({ name: 'Error', message: 'fetch failed: ***' })
    expect(safe.cause).toMatchObject({
      name: 'TypeError',
      code: 'ECONNRESET',
      message: 'GET https://a.example/?k=*** failed',
    })
    expect(shown(safe)).not.toContain('PLANTED')
  })

  test('exists for anything that can be thrown', () => {
    expect(scrubCause(undefined)).toBeUndefined()
    expect(scrubCause(null)).toBe('a thrown null')
    expect(scrubCause(`text ${planted}`, [planted])).toBe('text ***')
    expect(scrubCause(7)).toBe('a thrown number')
    expect(scrubCause({ status: 500 })).toMatchObject({ name: 'Error', message: 'no message' })
    expect(scrubCause({ name: planted, code: planted, message: 1 }, [planted])).toMatchObject({
      name: '***',
      code: '***',
    })
    expect(scrubCause({ code: 111 })).toMatchObject({ code: 111 })
    expect(shown(scrubCause([planted, new Error(planted)], [planted]))).not.toContain('PLANTED')
    expect(shown(scrubCause(new AggregateError([new Error(planted)], 'all'), [planted]))).not.toContain('PLANTED')
  })

  test('ends a chain of causes, even a circular one', () => {
    const loop: Error & { cause?: unknown } = new Error('loop')
    loop.cause = loop
    let depth = 0
    for (let at = scrubCause(loop) as typeof loop | undefined; at !== undefined; at = at.cause as typeof loop)
      depth += 1
    expect(depth).toBe(5)
  })

  test('hides what a parser quotes', () => {
    const text = `{"access_token":PLANTED-TOKEN,"expires_in":7200}`
    try {
      JSON.parse(text)
    } catch (error) {
      expect((error as Error).message).toContain('PLANTED'.slice(0, 3))
      expect(shown(scrubCause(error))).not.toMatch(/PLA|TOKEN/)
    }
    expect.assertions(2)
  })

  test('lacks only the cause if a getter throws', () => {
    const hostile = {
      get message(): string {
        throw new Error(planted)
      },
    }
    expect(shown(scrubCause(hostile, [planted]))).not.toContain('PLANTED')
  })
})

test.each([
  ['http://some-user:PLANTED-SECRET-a@proxy.example:3128/', 'http://***@proxy.example:3128/'],
  ['connect to https://PLANTED-SECRET-b@[::1]:3128 failed', 'connect to https://***@[::1]:3128 failed'],
  ['redis://:PLANTED-SECRET-c@d@store.example/0', 'redis://***@store.example/0'],
  ['https://a.example/users/@me, mail a@b.example', 'https://a.example/users/@me, mail a@b.example'],
])('user and password of a URL are masked: %s', (text, masked) => {
  expect(redact(text)).toBe(masked)
})
