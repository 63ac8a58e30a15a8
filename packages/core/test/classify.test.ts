import { classify, type ClassifierSpec } from '@lingpai/core/internal'
import { hintFor } from '../src/provider/classify.js'

const spec: ClassifierSpec = {
  response: {
    token: 'access_token',
    expiresIn: 'expires_in',
    code: ['err_code', 'code', 'base_resp.ret'],
    message: 'message',
    trace: { headers: ['X-Trace'], fields: ['trace_id', 'meta.trace'], pattern: /rid: ([0-9a-f-]+)/ },
    ip: [/invalid ip ([^ ,]+)/, /requestIP: ([^ ]+)/],
  },
  errors: {
    token: { 'credential-invalid': [40001], transient: [-1], 'rate-limited': ['slow_down'] },
    api: { 'token-expired': [42001], 'token-invalid': [40001, 'invalid_token'], permission: [48001] },
  },
}

function classOf(body: unknown, endpoint: 'token' | 'api' = 'api', status = 200): string | undefined {
  return classify(spec, endpoint, { status, headers: new Headers(), body })?.errorClass
}

test('the same code can mean something else at the other endpoint', () => {
  expect(classOf({ code: 40001 }, 'token')).toBe('credential-invalid')
  expect(classOf({ code: 40001 }, 'api')).toBe('token-invalid')
})

test('the body of a response decides, whatever its HTTP status is', () => {
  for (const status of [200, 201, 400, 401, 403, 500]) {
    expect(classOf({ code: 42001 }, 'api', status)).toBe('token-expired')
    expect(classOf({ code: 48001 }, 'api', status)).toBe('permission')
  }
})

test.each([200, 401, 403, 429, 500])('a body without a code is not an error, not even with HTTP %d', (status) => {
  for (const body of [{}, { message: 'access_token expired' }, [], [{ code: 42001 }], null, 'text', 42001, undefined]) {
    expect(classOf(body, 'api', status)).toBeUndefined()
  }
})

test('a code is the same as a number and as text', () => {
  expect(classOf({ code: '42001' })).toBe('token-expired')
  expect(classOf({ code: '-1' }, 'token')).toBe('transient')
  expect(classOf({ code: 'invalid_token' })).toBe('token-invalid')
  expect(classOf({ code: 'slow_down' }, 'token')).toBe('rate-limited')
})

test.each([0, '0', '', null, undefined, true, false, {}, [], [42001], Number.NaN, Infinity, 'x'.repeat(101)])(
  'a value of %p is not a code',
  (code) => {
    expect(classOf({ code })).toBeUndefined()
  },
)

test('a code that no table lists is unknown, and is reported as it was sent', () => {
  expect(classOf({ code: 31337 })).toBe('unknown')
  expect(classOf({ code: ' 42001' })).toBe('unknown')
  expect(classOf({ code: '042001' })).toBe('unknown')
  expect(classify(spec, 'api', { status: 200, headers: new Headers(), body: { code: 'Odd' } })).toEqual({
    code: 'Odd',
    errorClass: 'unknown',
    message: '',
  })
})

test('a listed code takes precedence over an unlisted one, and then the first field', () => {
  const codeIn = (body: unknown): unknown => classify(spec, 'api', { status: 401, headers: new Headers(), body })?.code
  expect(codeIn({ code: 42001, err_code: 40011027 })).toBe(42001)
  expect(codeIn({ code: 99, err_code: 42001 })).toBe(42001)
  expect(codeIn({ code: 48001, err_code: 42001 })).toBe(42001)
  expect(codeIn({ code: 98, err_code: 99 })).toBe(99)
  expect(codeIn({ code: 0, err_code: 99 })).toBe(99)
  expect(codeIn({ code: 42001, err_code: 0 })).toBe(42001)
})

test('a dotted path reaches into nested objects only', () => {
  expect(classOf({ base_resp: { ret: 42001 } })).toBe('token-expired')
  expect(classOf({ base_resp: [{ ret: 42001 }] })).toBeUndefined()
  expect(classOf({ base_resp: 'ret' })).toBeUndefined()
  expect(classOf({ 'base_resp.ret': 42001 })).toBeUndefined()
})

test('a message never decides the class', () => {
  const words = 'access_token expired 42001 invalid credential 40001 errcode=42001'
  expect(classOf({ message: words })).toBeUndefined()
  expect(classOf({ message: words, code: 31337 })).toBe('unknown')
  expect(classOf({ message: 'ok', code: 42001 })).toBe('token-expired')
})

test('inherited members of a body are not read', () => {
  for (const path of ['constructor.length', '__proto__.code', 'toString.length', 'constructor']) {
    const inherited = { ...spec, response: { ...spec.response, code: [path] } }
    const response = { status: 200, headers: new Headers(), body: {} }
    expect(classify(inherited, 'api', response)).toBeUndefined()
  }
  const body: unknown = JSON.parse('{"__proto__":{"code":42001,"err_code":42001}}')
  expect(classOf(body)).toBeUndefined()
  expect(Object.hasOwn(Object.prototype, 'code')).toBe(false)
  // What a careless library in the same process may have added.
  Object.defineProperty(Object.prototype, 'code', { value: 42001, configurable: true })
  try {
    expect(classOf({ message: 'ok' })).toBeUndefined()
  } finally {
    Reflect.deleteProperty(Object.prototype, 'code')
  }
})

test('the trace id comes from a header, or else a field, or else the message', () => {
  const traceOf = (body: object, headers: Record<string, string> = {}): string | undefined =>
    classify(spec, 'api', { status: 200, headers: new Headers(headers), body: { code: 1, ...body } })?.traceId
  const message = 'busy rid: 68aeab-01 '
  expect(traceOf({ message, trace_id: 'field' }, { 'x-trace': 'header' })).toBe('header')
  expect(traceOf({ message, trace_id: 'field' })).toBe('field')
  expect(traceOf({ message, trace_id: '', meta: { trace: 'deep' } })).toBe('deep')
  expect(traceOf({ message, trace_id: 7 })).toBe('68aeab-01')
  expect(traceOf({ message: 'busy' })).toBeUndefined()
})

test('the denied address comes from the message', () => {
  const ipOf = (message: unknown): string | undefined =>
    classify(spec, 'token', { status: 200, headers: new Headers(), body: { code: 1, message } })?.ip
  expect(ipOf('invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist')).toBe('203.0.113.7')
  expect(ipOf('access clientip is not registered requestIP: 2001:db8::1 rid: 1')).toBe('2001:db8::1')
  expect(ipOf('invalid ip ')).toBeUndefined()
  expect(ipOf({ toString: () => 'invalid ip 1.2.3.4' })).toBeUndefined()
})

test('an error of a provider without trace and address patterns has neither', () => {
  const bare = { ...spec, response: { token: 't', expiresIn: 'e', code: ['code'], message: 'message' } }
  expect(
    classify(bare, 'api', {
      status: 200,
      headers: new Headers(),
      body: { code: 42001, message: 'invalid ip 1.2.3.4' },
    }),
  ).toEqual({ code: 42001, errorClass: 'token-expired', message: 'invalid ip 1.2.3.4' })
})

test('huge messages and trace ids are cut', () => {
  const long = 'x'.repeat(60_000)
  const refusal = classify(spec, 'api', {
    status: 200,
    headers: new Headers(),
    body: { code: 1, message: long, trace_id: long },
  })
  expect(refusal?.message.length).toBeLessThanOrEqual(2000)
  expect(refusal?.traceId?.length).toBeLessThanOrEqual(2000)
})

describe('hints', () => {
  const hints = { 'ip-denied': { en: 'Add {ip}, and {ip} only.', zh: '添加 {ip}。' }, 40164: 'By code.' }

  test('the hint of a code takes precedence over that of its class', () => {
    expect(hintFor(hints, { code: 40164, errorClass: 'ip-denied' }, 'en')).toBe('By code.')
    expect(hintFor(hints, { code: '40164', errorClass: 'ip-denied' }, 'zh')).toBe('By code.')
    expect(hintFor(hints, { code: 1, errorClass: 'unknown' }, 'en')).toBeUndefined()
    expect(hintFor(undefined, { code: 1, errorClass: 'ip-denied' }, 'en')).toBeUndefined()
  })

  test('the hint names the address in the requested language', () => {
    const refusal = { code: 1, errorClass: 'ip-denied', ip: '203.0.113.7' } as const
    expect(hintFor(hints, refusal, 'en')).toBe('Add 203.0.113.7, and 203.0.113.7 only.')
    expect(hintFor(hints, refusal, 'zh')).toBe('添加 203.0.113.7。')
    expect(hintFor(hints, { code: 1, errorClass: 'ip-denied' }, 'en')).toContain('the address of this host')
    expect(hintFor(hints, { code: 1, errorClass: 'ip-denied' }, 'zh')).toContain('本机出口 IP')
  })

  test('the address of a hint may contain replacement patterns, and an inherited hint is not used', () => {
    expect(hintFor(hints, { code: 1, errorClass: 'ip-denied', ip: "$&$'" }, 'zh')).toBe("添加 $&$'。")
    expect(hintFor(hints, { code: 'constructor', errorClass: 'unknown' }, 'en')).toBeUndefined()
    expect(hintFor(hints, { code: '__proto__', errorClass: 'unknown' }, 'en')).toBeUndefined()
  })
})

test.each([
  [{ code: 1, message: 'of one host', errmsg: 'of another' }, 'of one host'],
  [{ code: 1, message: '', errmsg: 'of another' }, 'of another'],
  [{ code: 1, message: 7, meta: { text: 'nested' } }, 'nested'],
  [{ code: 1 }, ''],
])('the message is in the first of several fields that has a text: %j', (body, message) => {
  const several = { ...spec, response: { ...spec.response, message: ['message', 'errmsg', 'meta.text'] } }
  expect(classify(several, 'api', { status: 200, headers: new Headers(), body })).toMatchObject({ message })
})
