import type { ClassifierSpec } from '@lingpai/core/internal'
import { tokenErrorIn } from '../src/replay/find-token-error.js'

const spec: ClassifierSpec = {
  response: { token: 't', expiresIn: 'e', code: ['err_code', 'code'], message: 'message' },
  errors: { token: {}, api: { 'token-expired': [42001], 'token-invalid': ['invalid_token'], permission: [48001] } },
}
const expired = { code: 42001, message: 'expired' }

async function codeIn(outcome: unknown): Promise<unknown> {
  return (await tokenErrorIn(spec, outcome))?.code
}

function response(body: unknown, { status = 200, type = 'application/json' } = {}): Response {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return new Response(text, { status, headers: { 'content-type': type } })
}

describe('a token error in a response', () => {
  test('can be found whatever status and content type are, and the response stays unread', async () => {
    for (const status of [200, 400, 401, 500]) {
      for (const type of ['application/json', 'text/plain', 'text/html', 'application/problem+json', '']) {
        const reply = response(expired, { status, type })
        expect(await codeIn(reply)).toBe(42001)
        expect(reply.bodyUsed).toBe(false)
        expect(await reply.json()).toEqual(expired)
      }
    }
  })

  test('an error code of another class is not a token error', async () => {
    expect(await codeIn(response({ code: 48001 }, { status: 401 }))).toBeUndefined()
    expect(await codeIn(response({ code: 99 }, { status: 401 }))).toBeUndefined()
    expect(await codeIn(response({ ok: true }, { status: 401 }))).toBeUndefined()
    expect(await codeIn(response('access_token expired 42001', { status: 401, type: 'text/plain' }))).toBeUndefined()
  })

  test('a download is not read, unless it has an error status or is short', async () => {
    const type = 'image/jpeg'
    expect(await codeIn(response(expired, { type }))).toBeUndefined()
    expect(await codeIn(response(expired, { type, status: 400 }))).toBe(42001)
    const short = new Response(JSON.stringify(expired), { headers: { 'content-type': type, 'content-length': '33' } })
    expect(await codeIn(short)).toBe(42001)
  })

  test('a long response is not an error, and stays whole', async () => {
    const long = response({ code: 42001, pad: 'x'.repeat(200_000) })
    expect(await codeIn(long)).toBeUndefined()
    expect(((await long.json()) as { pad: string }).pad).toHaveLength(200_000)
  })

  test('a response that was read, or has no body, contains no token error', async () => {
    const read = response(expired)
    await read.text()
    expect(await codeIn(read)).toBeUndefined()
    expect(await codeIn(new Response(null, { status: 204 }))).toBeUndefined()
    expect(await codeIn(response(''))).toBeUndefined()
    expect(await codeIn(response('{"code":42001'))).toBeUndefined()
  })
})

describe('a token error in the outcome of an HTTP client', () => {
  test('can be found in a body, parsed or not', async () => {
    expect(await codeIn(expired)).toBe(42001)
    expect(await codeIn({ code: '42001' })).toBe('42001')
    expect(await codeIn({ status: 401, data: expired })).toBe(42001)
    expect(await codeIn({ statusCode: 401, body: JSON.stringify(expired) })).toBe(42001)
  })

  test('can be found in an error: in its code, its response, or the details of a Lingpai error', async () => {
    expect(await codeIn(Object.assign(new Error('x'), { code: 42001 }))).toBe(42001)
    expect(await codeIn(Object.assign(new Error('x'), { code: 'ERR_BAD_REQUEST', response: { data: expired } }))).toBe(
      42001,
    )
    expect(await codeIn(Object.assign(new Error('x'), { details: { platformCode: 'invalid_token' } }))).toBe(
      'invalid_token',
    )
  })

  test('does not exist in anything else', async () => {
    const none = [
      undefined,
      null,
      42001,
      'expired 42001',
      [expired],
      { code: 0 },
      { code: 'ECONNRESET' },
      new Error('42001'),
    ]
    for (const value of [...none, { details: {} }, { details: { platformCode: 48001 } }, { data: 'no JSON' }]) {
      expect(await codeIn(value)).toBeUndefined()
    }
  })

  test('a provider without a code field has no token error in the details of an error', async () => {
    const bare = { ...spec, response: { ...spec.response, code: [] } }
    expect(await tokenErrorIn(bare, { details: { platformCode: 42001 } })).toBeUndefined()
  })
})
