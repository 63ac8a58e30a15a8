import { readResponse, type ResponseReaderSpec } from '@lingpai/core/internal'

const spec: ResponseReaderSpec = {
  response: { token: 'data.token', expiresIn: 'data.life', code: ['code'], message: 'msg' },
  errors: { token: { 'credential-invalid': [1], transient: [-1] }, api: {} },
  renewal: { maxLifeSeconds: 7200, defaultLifeSeconds: 300 },
}

const askedAtMs = 1_767_225_600_000

function read(body: unknown, status = 200, given = spec): ReturnType<typeof readResponse> {
  return readResponse(given, { status, headers: new Headers(), body }, askedAtMs)
}

const data = { token: 'abc', life: 60 }

test('a token and its lifetime are read by their paths', () => {
  expect(read({ data })).toEqual({ kind: 'token', value: 'abc', lifeSeconds: 60 })
  expect(read({ code: 0, data })).toEqual({ kind: 'token', value: 'abc', lifeSeconds: 60 })
  expect(read({ code: '0', data: { token: 'abc', life: '60.5' } })).toMatchObject({ lifeSeconds: 60.5 })
  expect(read({ token: 'abc', life: 60 })).toEqual({ kind: 'malformed', problem: 'no-token' })
})

test('an error code takes precedence over a token beside it, and over the status', () => {
  expect(read({ code: 1, data })).toMatchObject({ kind: 'error', errorResponse: { errorClass: 'credential-invalid' } })
  expect(read({ code: 31337, data })).toMatchObject({ kind: 'error', errorResponse: { errorClass: 'unknown' } })
  for (const status of [301, 400, 404, 429, 500]) {
    expect(read({ code: -1 }, status)).toMatchObject({ kind: 'error', errorResponse: { errorClass: 'transient' } })
  }
})

test('the status decides without a code, and never means a wrong secret', () => {
  expect(read({ data }, 401)).toEqual({ kind: 'status' })
  expect(read({ data }, 403)).toEqual({ kind: 'status' })
  expect(read({ data }, 500)).toEqual({ kind: 'status' })
  expect(read(undefined, 502)).toEqual({ kind: 'status' })
  expect(read({ data }, 429)).toMatchObject({ kind: 'error', errorResponse: { code: 429, errorClass: 'rate-limited' } })
  expect(read(undefined, 404)).toEqual({ kind: 'malformed', problem: 'not-found' })
  expect(read(undefined, 401)).toEqual({ kind: 'malformed', problem: 'not-json' })
  expect(read({ data }, 302)).toEqual({ kind: 'malformed', problem: 'redirect' })
})

test('a body that is not an object is malformed', () => {
  for (const body of [null, [], [data], 'text', 7, true]) {
    expect(read(body)).toEqual({ kind: 'malformed', problem: 'not-an-object' })
  }
  expect(read(undefined)).toEqual({ kind: 'malformed', problem: 'not-json' })
})

test('inherited members are not read as token or lifetime', () => {
  const given = { ...spec, response: { ...spec.response, token: 'constructor.name', expiresIn: 'constructor.length' } }
  expect(read({}, 200, given)).toEqual({ kind: 'malformed', problem: 'no-token' })
  const polluted: unknown = JSON.parse('{"__proto__":{"data":{"token":"abc","life":60}}}')
  expect(read(polluted)).toEqual({ kind: 'malformed', problem: 'no-token' })
})

test('an absent or unreadable lifetime is the default, limited as well; one of 0 or less is an error', () => {
  const guess = (body: object, given = spec) => read({ data: { token: 'abc', ...body } }, 200, given)
  const missing = { lifeSeconds: 300, lifetimeProblem: 'missing' }
  expect(guess({})).toMatchObject(missing)
  expect(guess({ life: null })).toMatchObject(missing)
  for (const life of ['x', '', {}, [], [60], Number.NaN, Infinity, true, false, '60s', '1e5', '0x10', '9'.repeat(16)]) {
    expect(guess({ life })).toMatchObject({ lifeSeconds: 300, lifetimeProblem: 'unreadable' })
  }
  for (const life of [0, -0, '0', -1, '-5', ' -0.5 ', -Infinity]) {
    expect(guess({ life })).toEqual({ kind: 'malformed', problem: 'bad-expires-in' })
  }
  const lenient = { ...spec, renewal: { maxLifeSeconds: 7200, defaultLifeSeconds: 9000 } }
  expect(guess({}, lenient)).toMatchObject({ lifeSeconds: 7200 })
})

test('a gateway’s own code is transient with HTTP 503 and a limit with 429; a listed code keeps its class', () => {
  expect(read({ code: 503, msg: 'busy' }, 503)).toMatchObject({ errorResponse: { code: 503, errorClass: 'transient' } })
  expect(read({ code: 7, msg: 'slow' }, 429)).toMatchObject({ errorResponse: { errorClass: 'rate-limited' } })
  expect(read({ code: 1 }, 503)).toMatchObject({ errorResponse: { errorClass: 'credential-invalid' } })
  expect(read({ code: 503 }, 400)).toMatchObject({ errorResponse: { errorClass: 'unknown' } })
})

describe('a response with the moment at which the token expires', () => {
  const response = { ...spec.response, expiresIn: 'data.life', expiresAt: 'data.until' }
  const inSeconds = { ...spec, response }
  const inMs: ResponseReaderSpec = { ...spec, response: { ...response, expiresAtUnit: 'millisecond' } }

  test.each<[string, unknown, ResponseReaderSpec, object]>([
    ['in seconds', askedAtMs / 1000 + 90, inSeconds, { lifeSeconds: 90 }],
    ['in milliseconds, as a text', String(askedAtMs + 90_000), inMs, { lifeSeconds: 90 }],
    ['beyond the longest life', askedAtMs / 1000 + 1e6, inSeconds, { lifeSeconds: 7200 }],
    [
      'in the past, which is not believed',
      askedAtMs / 1000,
      inSeconds,
      { lifeSeconds: 300, lifetimeProblem: 'unreadable' },
    ],
    ['unreadable', 'soon', inSeconds, { lifeSeconds: 300, lifetimeProblem: 'unreadable' }],
    ['absent', undefined, inSeconds, { lifeSeconds: 300, lifetimeProblem: 'missing' }],
  ])('%s', (_, until, given, life) => {
    expect(read({ data: { token: 'abc', until } }, 200, given)).toEqual({ kind: 'token', value: 'abc', ...life })
  })

  test('a remaining life takes precedence over it', () => {
    expect(read({ data: { ...data, until: askedAtMs / 1000 + 90 } }, 200, inSeconds)).toMatchObject({ lifeSeconds: 60 })
  })
})

test('a code of success that is not 0 is none of an error, and 0 is one then', () => {
  const counting = { ...spec, response: { ...spec.response, success: [1] } }
  expect(read({ code: 1, data }, 200, counting)).toMatchObject({ kind: 'token' })
  expect(read({ code: '1', data }, 200, counting)).toMatchObject({ kind: 'token' })
  expect(read({ code: 0, data }, 200, counting)).toMatchObject({ kind: 'error' })
})
