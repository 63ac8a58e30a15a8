import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { classify, isTokenError, largestPeek, mayBeJson, parseBody, type ErrorResponse } from '@lingpai/core/internal'
import type { Dispatcher } from 'undici'
import type { AnyProvider } from '../accounts/served-account.js'
import { responseHeaders, type Headers } from './forward-headers.js'
import { readBeginning, type Beginning, type BeginningOptions } from './read-beginning.js'

/** A response of the platform, as far as it was read to look for a token error. */
export interface ForwardedResponse {
  readonly status: number
  readonly headers: Headers
  /** A whole body if it is short and may be an error; otherwise a stream. */
  readonly body: Buffer | Readable
  /** The text of a body that was compressed, if it could be read. */
  readonly text?: string
  /** Present if the platform rejects the token; then the whole body was read. */
  readonly tokenError?: ErrorResponse
}

/** Reads a response until it is clear whether the platform rejects the token. A long one stays a stream. */
export async function readResponse(
  spec: AnyProvider['spec'],
  { statusCode: status, headers, body }: Dispatcher.ResponseData,
): Promise<ForwardedResponse> {
  const head = { status, headers: responseHeaders(headers) }
  const lookUp = { get: (name: string) => textOf(headers[name.toLowerCase()]) }
  if (!mayBeJson({ status, headers: lookUp })) return { ...head, body }
  const isShort = Number(headers['content-length']) <= largestPeek
  const read: Beginning = isShort ? { kind: 'whole', bytes: await wholeOf(body) } : await readBeginning(body, peek)
  if (read.kind === 'stream') return { ...head, body: read.stream }
  const text = await decode(read.bytes, lookUp.get('content-encoding'))
  const error =
    text === undefined ? undefined : classify(spec, 'api', { status, headers: lookUp, body: parseBody(text) })
  const wasCompressed = text !== undefined && headers['content-encoding'] !== undefined
  return {
    ...head,
    body: read.bytes,
    ...(wasCompressed && { text }),
    ...(error !== undefined && isTokenError(error) && { tokenError: error }),
  }
}

const peek: BeginningOptions = {
  keeps: (_bytes, size) => size <= largestPeek,
  onClose: (source) => source.destroy(),
}

/** Reads a stream whose length is known to be short, with less work than an iterator. */
async function wholeOf(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer | undefined
    stream.on('data', (part: Buffer) => {
      bytes = bytes === undefined ? part : Buffer.concat([bytes, part])
    })
    stream.once('error', reject)
    stream.once('end', () => {
      resolve(bytes ?? Buffer.alloc(0))
    })
  })
}

const decoders = { gzip: promisify(gunzip), 'x-gzip': promisify(gunzip), deflate: promisify(inflate) }

/** Decodes a short body; `undefined` for an encoding that was not asked for. */
async function decode(bytes: Buffer, encoding: string | null): Promise<string | undefined> {
  if (encoding === null || encoding === 'identity') return bytes.toString()
  const decoder = decoders[encoding.toLowerCase() as keyof typeof decoders] as typeof decoders.gzip | undefined
  const decoded = await decoder?.(bytes, { maxOutputLength: largestPeek }).catch(() => undefined)
  return decoded?.toString()
}

function textOf(value: string | string[] | undefined): string | null {
  return value === undefined ? null : String(value)
}
