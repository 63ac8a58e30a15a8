import { defineProvider, TokenManager, type RequestFacts } from '@lingpai/core'
import { classify, readResponse } from '@lingpai/core/internal'
import { memoryCache } from '@lingpai/cache-memory'
import { scriptedPlatform, toy, toyAccount, type ScriptedPlatform } from './scripted-platform.js'

const response = {
  ...toy.spec.response,
  expiresIn: 'expires_in_ms',
  expiresInUnit: 'millisecond',
  generation: 'generation',
  errorClass: 'class',
} as const

let platform: ScriptedPlatform
let asked: RequestFacts[]

beforeEach(async () => {
  platform = await scriptedPlatform()
  asked = []
})

afterEach(() => platform.close())

function source() {
  const { kind: _, renewal, ...spec } = toy.spec
  const provider = defineProvider({
    ...spec,
    id: 'numbering',
    baseUrl: platform.url,
    renewal: { ...renewal, mode: 'sticky' },
    response,
    request: (credentials, facts) => {
      if (facts !== undefined) asked.push(facts)
      return toy.spec.request(credentials)
    },
  })
  const { clock } = platform
  return new TokenManager({ cache: memoryCache({ clock }), clock }).source(provider, toyAccount)
}

/** Upstream gives this token from now on. */
function answerWith(token: string, generation: unknown, lifeMs = 7_200_000): void {
  platform.answer((_, response) =>
    response.end(JSON.stringify({ access_token: token, expires_in_ms: lifeMs, generation })),
  )
}

test('upstream’s own number is the generation of its token, even when it starts over', async () => {
  const tokens = source()
  answerWith('first', 41)
  expect(await tokens.getRecord()).toMatchObject({ value: 'first', generation: 41 })
  answerWith('second', 42)
  expect(await tokens.refresh()).toMatchObject({ value: 'second', generation: 42 })
  answerWith('second', 1)
  expect(await tokens.refresh()).toMatchObject({ value: 'second', generation: 1 })
  answerWith('third', 2)
  expect(await tokens.refresh()).toMatchObject({ value: 'third', generation: 2 })
  expect(tokens.status().generation).toBe(2)
})

test('an invalid number of upstream is replaced by a counted generation', async () => {
  const tokens = source()
  for (const [index, odd] of ['7', -1, 1.5, null, undefined].entries()) {
    answerWith(`token-${index}`, odd)
    expect(await tokens.refresh()).toMatchObject({ generation: index + 1 })
  }
})

test('a lifetime in milliseconds is read with its unit', async () => {
  const tokens = source()
  answerWith('short', 1, 900)
  const record = await tokens.getRecord()
  expect(record.expiresAtMs - record.issuedAtMs).toBe(900)
})

test('request() receives the reason of the refresh, and which token was rejected', async () => {
  const tokens = source()
  answerWith('first', 41)
  await tokens.getAccessToken({ minLifeMs: 5000 })
  answerWith('second', 42)
  await tokens.reportRejected('first', 42001)
  await tokens.refresh({ note: 'by hand' })
  expect(asked).toEqual([
    { reason: 'cold', minLifeMs: 5000 },
    { reason: 'rejected', minLifeMs: 0, rejected: { generation: 41, code: 42001 } },
    { reason: 'requested', minLifeMs: 0, note: 'by hand' },
  ])
})

test('an error class in the response takes precedence over the table, if it exists', () => {
  const spec = { ...toy.spec, response, renewal: { maxLifeSeconds: 7200, defaultLifeSeconds: 300 } }
  const classOf = (body: object) => {
    const read = readResponse(spec, { status: 502, headers: new Headers(), body }, 0)
    return read.kind === 'error' ? read.errorResponse.errorClass : read.kind
  }
  expect(classOf({ errcode: 40001 })).toBe('credential-invalid')
  expect(classOf({ errcode: 40001, class: 'token-invalid' })).toBe('token-invalid')
  expect(classOf({ errcode: 40001, class: 'constructor' })).toBe('credential-invalid')
  expect(classOf({ errcode: 31337, class: 'unknown' })).toBe('unknown')
  // A response without a code is not an error, even if it names a class.
  expect(classify(spec, 'api', { status: 200, headers: new Headers(), body: { class: 'token-invalid' } })).toBe(
    undefined,
  )
})
