/** A response as the `fetch` of any HTTP client may return it. */
interface ForeignResponse {
  readonly body?: unknown
  readonly bodyUsed?: boolean
  readonly arrayBuffer?: () => Promise<ArrayBuffer>
  readonly text?: () => Promise<string>
}

/** The `fetch` option returned something that cannot be read as a response. */
export class UnreadableResponse extends TypeError {
  override readonly name = 'UnreadableResponse'
}

/**
 * Converts the response of any HTTP client into one with a web stream as its body.
 *
 * node-fetch, which is common for its proxy support, returns a Node.js stream; others return no stream at all, only
 * `text()` or `arrayBuffer()`. Clones of a Node.js stream also stall once 16 KiB of one are unread, unlike those of a
 * web stream.
 *
 * @throws UnreadableResponse
 */
export async function webResponse(response: Response): Promise<Response> {
  // The `fetch` option may return anything.
  if (typeof response !== 'object' || (response as unknown) === null)
    throw new UnreadableResponse('fetch returned no response')
  const { body, bodyUsed } = response as ForeignResponse
  if (bodyUsed === true) throw new UnreadableResponse('the body of the response has been read already')
  if (body === null || isWebStream(body)) return response
  const { status, statusText, headers } = response
  const content = isAsyncIterable(body) ? streamOf(body) : await contentOf(response)
  return new Response(mayHaveBody(status) ? content : null, {
    status,
    statusText,
    headers: new Headers(headers),
  })
}

/** Whether a body is a web stream. */
export function isWebStream(body: unknown): body is ReadableStream<Uint8Array> {
  return typeof body === 'object' && body !== null && 'getReader' in body
}

/** Whether a body can be iterated, like a Node.js stream. */
export function isAsyncIterable(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

function mayHaveBody(status: number): boolean {
  return status !== 204 && status !== 205 && status !== 304
}

async function contentOf(response: ForeignResponse): Promise<ArrayBuffer | string> {
  if (typeof response.arrayBuffer === 'function') return response.arrayBuffer()
  if (typeof response.text === 'function') return response.text()
  throw new UnreadableResponse('the response has no body stream, no arrayBuffer() and no text()')
}

/** Converts a Node.js stream into a web stream. It is read only on demand, and cancelled with the web stream. */
export function streamOf(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const parts = source[Symbol.asyncIterator]()
  return new ReadableStream({
    pull: async (controller) => {
      const part = await parts.next()
      if (part.done === true) controller.close()
      else controller.enqueue(new Uint8Array(Buffer.from(part.value)))
    },
    cancel: async () => {
      await parts.return?.()
    },
  })
}
