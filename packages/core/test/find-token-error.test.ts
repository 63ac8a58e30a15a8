import type { ClassifierSpec } from '@lingpai/core'
import { tokenErrorIn } from '../src/replay/find-token-error.js'

const spec: ClassifierSpec = {
  answer: { token: 't', expiresIn: 'e', code: ['err_code', 'code'], message: 'message' },
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

describe('in a reply', () => {
  test('it is found whatever the status and the type of text, and the reply stays unread', async () => {
    for (const status of [200, 400, 401, 500]) {
      for (const type of ['application/json', 'text/plain', 'text/html', 'application/problem+json', '']) {
        const reply = response(expired, { status, type })
        expect(await codeIn(reply)).toBe(42001)
        expect(reply.bodyUsed).toBe(false)
        expect(await reply.json()).toEqual(expired)
      }
    }
  })

  test('an error code alone of another class is none', async () => {
    expect(await codeIn(response({ code: 48001 }, { status: 401 }))).toBeUndefined()
    expect(await codeIn(response({ code: 99 }, { status: 401 }))).toBeUndefined()
    expect(await codeIn(response({ ok: true }, { status: 401 }))).toBeUndefined()
    expect(await codeIn(response('access_token expired 42001', { status: 401, type: 'text/plain' }))).toBeUndefined()
  })

  test('a download is not read, unless it is an error or short', async () => {
    const type = 'image/jpeg'
    expect(await codeIn(response(expired, { type }))).toBeUndefined()
    expect(await codeIn(response(expired, { type, status: 400 }))).toBe(42001)
    const short = new Response(JSON.stringify(expired), { headers: { 'content-type': type, 'content-length': '33' } })
    expect(await codeIn(short)).toBe(42001)
  })

  test('a long reply is no refusal, and stays whole', async () => {
    const long = response({ code: 42001, pad: 'x'.repeat(200_000) })
    expect(await codeIn(long)).toBeUndefined()
    expect(((await long.json()) as { pad: string }).pad).toHaveLength(200_000)
  })

  test('a reply that was read, or has nothing to read, holds none', async () => {
    const read = response(expired)
    await read.text()
    expect(await codeIn(read)).toBeUndefined()
    expect(await codeIn(new Response(null, { status: 204 }))).toBeUndefined()
    expect(await codeIn(response(''))).toBeUndefined()
    expect(await codeIn(response('{"code":42001'))).toBeUndefined()
  })
})

describe('in what a client gave or threw', () => {
  test('it is found in a body, parsed or not', async () => {
    expect(await codeIn(expired)).toBe(42001)
    expect(await codeIn({ code: '42001' })).toBe('42001')
    expect(await codeIn({ status: 401, data: expired })).toBe(42001)
    expect(await codeIn({ statusCode: 401, body: JSON.stringify(expired) })).toBe(42001)
  })

  test('it is found in an error: its own code, its reply, or the details of one of ours', async () => {
    expect(await codeIn(Object.assign(new Error('x'), { code: 42001 }))).toBe(42001)
    expect(await codeIn(Object.assign(new Error('x'), { code: 'ERR_BAD_REQUEST', response: { data: expired } }))).toBe(
      42001,
    )
    expect(await codeIn(Object.assign(new Error('x'), { details: { platformCode: 'invalid_token' } }))).toBe(
      'invalid_token',
    )
  })

  test('nothing else holds one', async () => {
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

  test('a spec without a code field is content with the rest', async () => {
    const bare = { ...spec, answer: { ...spec.answer, code: [] } }
    expect(await tokenErrorIn(bare, { details: { platformCode: 42001 } })).toBeUndefined()
  })
})
