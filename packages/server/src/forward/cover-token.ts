import { Readable } from 'node:stream'
import { encodingIn, type ForwardedResponse } from './read-response.js'

/**
 * Replaces the token by the client's own credential in a response, such as in the target of a redirect. In a stream, whose length may be
 * known already, it is masked. A compressed stream stays as it is.
 */
export function withoutToken(response: ForwardedResponse, token: string, credential: string): ForwardedResponse {
  const { headers, body, text } = response
  const isCompressed = encodingIn(headers) !== undefined
  const spellings = spellingsOf(token)
  const cover = (value: string): string =>
    spellings.reduce((covered, one) => covered.replaceAll(one, () => credential), value)
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || !isIn(value, spellings)) continue
    headers[name] = typeof value === 'string' ? cover(value) : value.map(cover)
  }
  if (!Buffer.isBuffer(body)) return isCompressed ? response : { ...response, body: masked(body, token) }
  if (!isIn(text ?? body, spellings)) return response
  // Bytes and characters are the same in Latin-1, so nothing else of the body changes.
  const given = (isCompressed && text !== undefined ? Buffer.from(text) : body).toString('latin1')
  const bytes = Buffer.from(cover(given), 'latin1')
  const { 'content-encoding': _, ...others } = headers
  return { ...response, headers: { ...others, 'content-length': String(bytes.length) }, body: bytes }
}

function isIn(value: string | string[] | Buffer, spellings: readonly string[]): boolean {
  return spellings.some((spelling) =>
    Array.isArray(value) ? value.some((one) => one.includes(spelling)) : value.includes(spelling),
  )
}

/** The token as it is, percent-encoded, and in JSON that escapes slashes. */
function spellingsOf(token: string): readonly string[] {
  if (/^[\w.~-]+$/.test(token)) return [token]
  return [...new Set([token, encodeURIComponent(token), token.replaceAll('/', String.raw`\/`)])]
}

function masked(source: Readable, token: string): Readable {
  return Readable.from(withMask(source, Buffer.from(token)), { objectMode: false })
}

async function* withMask(source: AsyncIterable<unknown>, token: Buffer): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0)
  for await (const part of source as AsyncIterable<Buffer>) {
    const bytes = held.length === 0 ? part : Buffer.concat([held, part])
    for (let at = bytes.indexOf(token); at >= 0; at = bytes.indexOf(token, at)) bytes.fill('*', at, at + token.length)
    const end = bytes.length - beginningAtEnd(bytes, token)
    held = bytes.subarray(end)
    if (end > 0) yield bytes.subarray(0, end)
  }
  if (held.length > 0) yield held
}

/** The number of bytes at the end that the token may begin with. */
function beginningAtEnd(bytes: Buffer, token: Buffer): number {
  const [first = 0] = token
  let at = bytes.indexOf(first, Math.max(0, bytes.length - token.length + 1))
  for (; at >= 0; at = bytes.indexOf(first, at + 1))
    if (bytes.subarray(at).equals(token.subarray(0, bytes.length - at))) return bytes.length - at
  return 0
}
