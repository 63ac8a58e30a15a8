import type { ClassifierSpec } from '@lingpai/core/internal'
import { classify } from '../src/provider/classify.js'
import { challengeError } from '../src/provider/challenge.js'
import { tokenErrorIn } from '../src/replay/find-token-error.js'

const invalid = 'Bearer realm="api", error="invalid_token", error_description="The token \\"a\\" expired, sorry"'

const spec: ClassifierSpec = {
  response: { token: 't', code: ['error', 'code'], message: 'message', challenge: 'Bearer' },
  errors: { token: {}, api: { 'token-invalid': ['invalid_token'], permission: ['insufficient_scope', 7] } },
}
const plain: ClassifierSpec = { ...spec, response: { token: 't', code: ['error'], message: 'message' } }

function found(body: unknown, header = invalid, endpoint: 'token' | 'api' = 'api'): unknown {
  const headers = new Headers(header === '' ? {} : { 'www-authenticate': header })
  return classify(spec, endpoint, { status: 401, headers, body })
}

test.each([
  [invalid, 'Bearer', { code: 'invalid_token', message: 'The token "a" expired, sorry' }],
  ['bearer error=invalid_token', 'Bearer', { code: 'invalid_token', message: '' }],
  ['Bearer error = "invalid_token"', 'BEARER', { code: 'invalid_token', message: '' }],
  [
    'Basic realm="x, Bearer error=\\"no\\"", Bearer error="invalid_token"',
    'Bearer',
    { code: 'invalid_token', message: '' },
  ],
  ['DPoP error="use_dpop_nonce", Bearer error="invalid_token"', 'Bearer', { code: 'invalid_token', message: '' }],
  ['Bearer realm="a", Bearer error="invalid_token"', 'Bearer', { code: 'invalid_token', message: '' }],
  ['Bearer error="invalid_token", DPoP error_description="other"', 'Bearer', { code: 'invalid_token', message: '' }],
  ['Negotiate YWJj==, Bearer error="invalid_token"', 'Bearer', { code: 'invalid_token', message: '' }],
  ['OAuth realm="TwitchTV", error="invalid_token"', 'OAuth', { code: 'invalid_token', message: '' }],
])('the error of %s for %s is found', (header, scheme, error) => {
  expect(challengeError(header, scheme)).toEqual(error)
})

test.each([
  'Bearer',
  'Bearer realm="error=invalid_token"',
  'DPoP error="invalid_token"',
  'Basic realm="x", error="invalid_token"',
  'Bearer error=""',
  'Bearer error_uri="https://example.com/error=invalid_token"',
  'Bearer error="invalid_token',
  '',
  ',,,"""===',
])('%s names no error of Bearer', (header) => {
  expect(challengeError(header, 'Bearer')).toBeUndefined()
})

test('a header of any length and shape is read in time that follows its length', () => {
  for (const piece of ['a="', 'a=', '"\\', 'Bearer ', 'error="\\"', ', ']) {
    expect(challengeError(piece.repeat(1_000_000), 'Bearer')?.code ?? '').not.toContain('invalid_token')
  }
})

test('the header names the error of a response whose body names none', () => {
  for (const body of [undefined, '', {}, [], { message: 'go away' }])
    expect(found(body)).toMatchObject({ code: 'invalid_token', errorClass: 'token-invalid' })
  expect(found(undefined)).toMatchObject({ message: 'The token "a" expired, sorry' })
  expect(found({ message: 'go away' })).toMatchObject({ message: 'go away' })
})

test('the code of the body comes first, but one that a table lists comes before one that none lists', () => {
  expect(found({ code: 7 })).toMatchObject({ code: 7, errorClass: 'permission' })
  expect(found({ code: 99 })).toMatchObject({ code: 'invalid_token' })
  expect(found({ code: 99 }, 'Bearer error="odd"')).toMatchObject({ code: 99, errorClass: 'unknown' })
  expect(found({ code: 0 }, '')).toBeUndefined()
})

test('the header counts for API calls of a provider that declares its scheme, and nowhere else', () => {
  expect(found({}, invalid, 'token')).toBeUndefined()
  const response = { status: 401, headers: new Headers({ 'www-authenticate': invalid }), body: {} }
  expect(classify(plain, 'api', response)).toBeUndefined()
})

describe('a token error in the header is found', () => {
  const headers = { 'www-authenticate': invalid }
  const codeIn = async (outcome: unknown): Promise<unknown> => (await tokenErrorIn(spec, outcome))?.code

  test('in a response with any body or none, read or not', async () => {
    const read = new Response('x', { status: 401, headers })
    await read.text()
    const image = new Response('x'.repeat(10), { status: 401, headers: { ...headers, 'content-type': 'image/png' } })
    const page = new Response('<html>', { status: 401, headers: { ...headers, 'content-type': 'text/html' } })
    for (const response of [new Response(null, { status: 401, headers }), read, image, page])
      expect(await codeIn(response)).toBe('invalid_token')
    expect(await codeIn(new Response(null, { status: 401 }))).toBeUndefined()
  })

  test('in what HTTP clients return or throw', async () => {
    const thrown = Object.assign(new Error('401'), { code: 'ERR_BAD_REQUEST' })
    expect(await codeIn(Object.assign(thrown, { response: { status: 401, data: '', headers } }))).toBe('invalid_token')
    expect(await codeIn({ response: new Response('', { status: 401, headers }) })).toBe('invalid_token')
    expect(await codeIn({ statusCode: 401, headers })).toBe('invalid_token')
    expect(
      await codeIn({ statusCode: 403, headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' } }),
    ).toBe(undefined)
    for (const odd of [{ headers: null }, { headers: { get: () => 7 } }, { headers: { 'www-authenticate': ['x'] } }])
      expect(await codeIn(odd)).toBeUndefined()
    expect(await tokenErrorIn(plain, { statusCode: 401, headers })).toBeUndefined()
  })
})
