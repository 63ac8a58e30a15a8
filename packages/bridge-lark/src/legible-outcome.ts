import { Readable } from 'node:stream'

/** Bodies are searched for an error up to this size; those of errors are short. */
const largestPeek = 64 * 1024

/**
 * What came of a call, with its body where an error in it is found: as text, if it is bytes or a stream. The SDK asks for a stream where
 * it downloads a file.
 */
export interface LegibleOutcome<T> {
  readonly data: unknown
  readonly body: unknown
  /** Returns what the call returned, or throws what it threw, with a body that is still whole. */
  readonly end: () => T
}

/** Makes a call. @throws its error, unless the body of that is bytes or a stream */
export async function legibly<T>(send: () => Promise<T>): Promise<LegibleOutcome<T>> {
  let value: T
  try {
    value = await send()
  } catch (error) {
    const response = fieldsOf(fieldsOf(error)['response'])
    const peeked = await peek(response['data'])
    if (peeked === undefined) throw error
    response['data'] = peeked.whole
    const end = (): never => {
      throw error
    }
    return { data: peeked.text, body: undefined, end }
  }
  const fields = fieldsOf(value)
  // With `$return_headers`, the SDK gets an object of both.
  const type = fieldsOf(fields['headers'])['content-type']
  const isFile = isNodeStream(fields['data']) && typeof type === 'string' && !/json/i.test(type)
  const inner = isFile ? undefined : await peek(fields['data'])
  if (inner !== undefined) fields['data'] = inner.whole
  const outer = await peek(value)
  return { data: outer?.text ?? value, body: inner?.text ?? fields['data'], end: () => (outer?.whole as T) ?? value }
}

/** A text that may be an error, and a body that is as the given one was; `undefined` if that is neither bytes nor a stream. */
async function peek(body: unknown): Promise<{ readonly text: string; readonly whole: unknown } | undefined> {
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    const bytes =
      body instanceof ArrayBuffer ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    return { text: bytes.byteLength > largestPeek ? '' : bytes.toString('utf8'), whole: body }
  }
  return isNodeStream(body) ? peekStream(body) : undefined
}

async function peekStream(stream: Readable): Promise<{ readonly text: string; readonly whole: Readable }> {
  const chunks: Buffer[] = []
  const rest = stream[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>
  let failure: { readonly error: unknown } | undefined
  let size = 0
  try {
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      chunks.push(Buffer.from(next.value))
      size += next.value.length
      if (size > largestPeek || !/^\s*(\{|$)/.test(String(chunks[0]?.subarray(0, 1024)))) break
    }
  } catch (error) {
    failure = { error }
  }
  async function* whole(): AsyncGenerator<Buffer> {
    yield* chunks
    if (failure !== undefined) throw failure.error
    yield* rest
  }
  const text = size > largestPeek ? '' : Buffer.concat(chunks).toString('utf8')
  return { text, whole: Readable.from(whole(), { objectMode: false }) }
}

function isNodeStream(value: unknown): value is Readable {
  return typeof value === 'object' && value !== null && 'pipe' in value && Symbol.asyncIterator in value
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
