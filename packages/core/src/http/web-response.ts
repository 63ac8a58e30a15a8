/** A body as `fetch` of some client gives it. */
interface ForeignResponse {
  readonly body?: unknown
  readonly bodyUsed?: boolean
  readonly arrayBuffer?: () => Promise<ArrayBuffer>
  readonly text?: () => Promise<string>
}

/** A `fetch` option gave something that cannot be read as a response. */
export class UnreadableResponse extends TypeError {
  override readonly name = 'UnreadableResponse'
}

/**
 * A response with a web stream as its body, whichever client made it.
 *
 * node-fetch, often handed around for its proxy support, gives a Node.js stream; others give no stream at all, only `text()` or
 * `arrayBuffer()`. Copies of a Node.js stream also stall once 16 KiB of them are unread, which `clone()` of a web stream does not.
 *
 * @throws UnreadableResponse
 */
export async function webResponse(response: Response): Promise<Response> {
  // A `fetch` option may give anything.
  if (typeof response !== 'object' || (response as unknown) === null)
    throw new UnreadableResponse('there is no response')
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

/** Whether a body is a stream of the web platform. */
export function isWebStream(body: unknown): body is ReadableStream<Uint8Array> {
  return typeof body === 'object' && body !== null && 'getReader' in body
}

/** Whether a body can be read in parts, as a Node.js stream can. */
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

/** Reads as fast as it is read itself, and ends the source when it is cancelled. */
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
