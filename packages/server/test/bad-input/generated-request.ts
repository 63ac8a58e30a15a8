import fc from 'fast-check'

/** The parts of an OpenAPI 3.1 document from which requests are generated. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: Schema }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> }
}

interface Schema {
  readonly type?: string
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
}

/** A request that may be valid or invalid. */
export interface GeneratedRequest {
  readonly method: string
  readonly path: string
  readonly body?: string
  readonly type?: string
  /** The key that the request carries. */
  readonly caller: string
}

/** The accounts, keys and values of the requests. */
export interface RequestWorld {
  readonly document: ApiDocument
  /** Names, keys and ids that may be valid. */
  readonly words: readonly string[]
  readonly callers: readonly string[]
}

const nastyWords = [
  '__proto__',
  'constructor',
  'toString',
  '..',
  '.',
  '',
  ' ',
  '%',
  '%00',
  '\u0000',
  '\ud800',
  '令牌',
  '-1',
  '0',
  '1e400',
  'NaN',
  'null',
  'true',
  '[]',
  '{}',
  "' or 1=1 --",
  '<script>',
  'a'.repeat(2000),
]

/** Generates requests with the document's paths and fields, and values that match, nearly match or do not match. */
export function generatedRequests({ document, words, callers }: RequestWorld): fc.Arbitrary<GeneratedRequest> {
  // Mostly meaningful words, so that requests reach the routes.
  const word = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...words) },
    { weight: 1, arbitrary: fc.constantFrom(...nastyWords) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  )
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  return fc.constantFrom(...operations).chain(({ path, method, operation }) =>
    fc.record({
      method: mostly(fc.constant(method), fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS')),
      path: pathOf(path, operation, word),
      ...bodyOf(operation, word),
      caller: fc.constantFrom(...callers),
    }),
  )
}

function mostly<T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: odd })
}

function pathOf(template: string, { parameters = [] }: Operation, word: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const names = parameters.filter((parameter) => parameter.in === 'query')
  const query = fc.array(
    fc.oneof(
      ...names.map(({ name, schema = {} }) => fc.tuple(fc.constant(name), textOf(valueOf(schema, word, name)))),
      fc.tuple(word, word),
    ),
    { maxLength: names.length + 1 },
  )
  return fc.tuple(word, query, fc.boolean()).map(([name, pairs, isEncoded]) => {
    // The path encoded as by a client, or with every character unencoded except those that would end the request line.
    const part = isEncoded ? encodeURIComponent(name.toWellFormed()) : name.replace(/[^\x21-\x7e]|[?#]/g, '')
    // Without `wait` a poll would take 25 s.
    const waits = names.some((one) => one.name === 'wait') && !pairs.some(([key]) => key === 'wait')
    const all = waits ? [...pairs, ['wait', '0'] as const] : pairs
    const search = all.map(([key, value]) => `${encode(key)}=${encode(value)}`).join('&')
    return template.replace(/\{\w+\}/, () => part) + (search === '' ? '' : `?${search}`)
  })
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

function bodyOf(
  { requestBody }: Operation,
  word: fc.Arbitrary<string>,
): { readonly body?: fc.Arbitrary<string>; readonly type?: fc.Arbitrary<string> } {
  const [schema] = Object.values(requestBody?.content ?? {}).map((media) => media.schema)
  if (schema === undefined) return {}
  const fitting = valueOf(schema, word, 'body').map((value) => JSON.stringify(value))
  const strange = fc.oneof(fc.json(), word, fc.constant('{"__proto__":{"a":1}}'), fc.constant('['.repeat(500)))
  return {
    body: mostly(fitting, strange),
    type: mostly(
      fc.constant('application/json'),
      fc.constantFrom('text/plain', 'application/x-www-form-urlencoded', 'x'),
    ),
  }
}

/** Values that match a schema, and one in ten that does not. */
function valueOf(schema: Schema, word: fc.Arbitrary<string>, name: string): fc.Arbitrary<unknown> {
  const { type, anyOf, properties } = schema
  const strange = fc.oneof(
    word,
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(word, { maxLength: 2 }),
  )
  if (anyOf !== undefined) return fc.oneof(...anyOf.map((one) => valueOf(one, word, name)))
  if ('const' in schema) return mostly(fc.constant(schema.const), strange)
  if (properties !== undefined) {
    const fields = Object.entries(properties).map(([field, one]) => [field, valueOf(one, word, field)] as const)
    return mostly(fc.record(Object.fromEntries(fields)), fc.record(Object.fromEntries(fields), { requiredKeys: [] }))
  }
  // A long wait would only make the test slow.
  if (name === 'wait') return fc.constantFrom(0, -1, 61, 1.5)
  if (type === 'integer') return mostly(fc.integer({ min: -2, max: 10 }), strange)
  if (type === 'boolean') return mostly(fc.boolean(), strange)
  return mostly(word, strange)
}

function textOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return value.map((given) => (typeof given === 'string' ? given : JSON.stringify(given)))
}
